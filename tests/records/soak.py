"""Eight clients throw code that hangs, eats memory, crashes and floods at one server.

    .venv/bin/python -m tests.records.soak [--transport http|stdio] [--minutes 10]

Over HTTP each is a client of its own; on stdio, which takes one client, eight callers share it.
Meanwhile a ninth one asks for the list of tools every half second, and the server's descriptors,
threads and memory are read. Writes its part of `soak.json`, and fails where the server stopped
answering, lost a call, logged a fault of its own, grew, or left a process.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from jax_workbench.server.envelope import versions
from tests.processes import descendants
from tests.records.soak_load import N_CLIENTS, Seen, soak

RECORD = Path(__file__).with_suffix(".json")
MEMORY_MIB = 512
WARM_UP_S = 60.0
"""Imports, caches and the first of everything; growth is counted from here on."""
EXPECTED = {
    *("ok", "timed_out", "out_of_memory", "worker_died", "user_code_failed"),
    *("output_too_large", "device_busy", "given up"),
}
GROWTH = {"descriptors": 8, "threads": 4, "resident_mib": 48.0}
"""Of the last quarter's median over the second's that counts as flat."""
LIMIT_S = 1.0
COMMAND = [sys.executable, "-m", "jax_workbench.server", "serve"]
READ_S = 600.0


def main() -> None:
    """Soak, write, and fail where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--transport", choices=("http", "stdio"), default="http")
    told = parser.parse_args()
    through = over_http if told.transport == "http" else on_stdio
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder:
        ended = anyio.run(through, Path(folder), 60 * told.minutes, seen)
        record = summary(seen, told.minutes, faults(Path(folder, "log"))) | ended
    whole: dict[str, Any] = {}
    if RECORD.exists():
        whole = json.loads(RECORD.read_text(encoding="utf-8"))
    whole[told.transport] = record
    RECORD.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))  # noqa: T201
    if broken := broken_promises(record):
        sys.exit("Not held: " + "; ".join(broken))


async def over_http(folder: Path, limit_s: float, seen: Seen) -> dict[str, float]:
    """Soak a server of its own, ended by SIGTERM; how it ended."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = environment(folder) | {"JAX_WORKBENCH_HTTP": f"127.0.0.1:{port}"}
    url = f"http://127.0.0.1:{port}/mcp"
    with Path(folder, "log").open("wb") as log:  # noqa: ASYNC230 - before anything runs
        server = subprocess.Popen(COMMAND, stderr=log, env=env)  # noqa: ASYNC220, S603
    try:
        await listening(port)
        await soak(lambda: Client(url, read_timeout_seconds=READ_S), server.pid, limit_s, seen)
        below = descendants(server.pid)
        began = time.monotonic()
        server.terminate()
        code = server.wait(timeout=60)
        ending_s = round(time.monotonic() - began, 2)
    finally:
        server.kill()
    return {"exit_code": code, "ending_s": ending_s, "left_behind": left_of(below)}


async def on_stdio(folder: Path, limit_s: float, seen: Seen) -> dict[str, float]:
    """Soak a server of its own, ended by hanging up; how it ended."""
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=environment(folder))
    with Path(folder, "log").open("w") as log:  # noqa: ASYNC230
        async with Client(stdio_client(server, log), read_timeout_seconds=READ_S) as client:
            pid = next(iter(descendants(os.getpid())))  # the nearest first
            await soak(lambda: nullcontext(client), pid, limit_s, seen)
            below = {pid: "", **descendants(pid)}
            began = time.monotonic()
    return {"ending_s": round(time.monotonic() - began, 2), "left_behind": left_of(below)}


def environment(folder: Path) -> dict[str, str]:
    """The server's settings."""
    settings = {
        "JAX_WORKBENCH_STATE_DIR": str(folder / "state"),
        "JAX_WORKBENCH_MEMORY_MIB": str(MEMORY_MIB),
        "JAX_WORKBENCH_LOG_FORMAT": "json",
    }
    return {**os.environ, **settings}


async def listening(port: int) -> None:
    """Return when the server takes connections."""
    with anyio.fail_after(120):
        while True:
            with suppress(OSError):
                await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
                return
            await anyio.sleep(0.05)


def left_of(pids: Iterable[int], patience_s: float = 10.0) -> int:
    """How many of the processes are still there after `patience_s`."""
    until = time.monotonic() + patience_s
    while (left := sum(map(is_alive, pids))) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def is_alive(pid: int) -> bool:
    """It exists, and is no zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def faults(log: Path) -> list[str]:
    """What the server itself says went wrong."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        str(line.get("traceback") or line["message"])[-2000:]
        for line in lines
        if line["level"] in {"error", "critical"}
    ]


def summary(seen: Seen, minutes: float, found: list[str]) -> dict[str, Any]:
    """The figures."""
    listing_s = sorted(seen.listing_s)
    warm = [size for size in seen.sizes if size["at_s"] >= min(WARM_UP_S, 15 * minutes)]
    quarter = max(1, len(warm) // 4)
    sizes: dict[str, dict[str, float]] = {}
    for name in (*GROWTH, "processes_below"):
        numbers = [size[name] for size in warm]
        sizes[name] = {
            "first_quarter_median": statistics.median(numbers[:quarter]),
            "last_quarter_median": statistics.median(numbers[-quarter:]),
            "largest": max(numbers),
        }
    return {
        "minutes": minutes,
        "clients": N_CLIENTS,
        "calls": seen.outcomes.total(),
        "outcomes": dict(sorted(seen.outcomes.items())),
        "by_code": {
            name: dict(sorted(ends.items())) for name, ends in sorted(seen.by_code.items())
        },
        "tools_list": {
            "asked": len(listing_s),
            "median_s": round(statistics.median(listing_s), 4),
            "p99_s": round(listing_s[int(0.99 * (len(listing_s) - 1))], 4),
            "longest_s": round(listing_s[-1], 4),
            "over_1_s": sum(took > LIMIT_S for took in listing_s),
        },
        "server": sizes,
        "faults_in_log": found,
        "load_average_15_min": os.getloadavg()[2],
        "n_cores": len(os.sched_getaffinity(0)),
        "versions": versions(),
    }


def broken_promises(record: dict[str, Any]) -> list[str]:
    """What did not hold, in words."""
    broken = [f"an answer was {name!r}" for name in record["outcomes"] if name not in EXPECTED]
    if record["tools_list"]["over_1_s"]:
        broken.append(f"tools/list took {record['tools_list']['longest_s']} s")
    for name, most in GROWTH.items():
        size = record["server"][name]
        if size["last_quarter_median"] - size["first_quarter_median"] > most:
            broken.append(f"{name} grew: {size}")
    broken += [f"the log says {fault[:300]}" for fault in record["faults_in_log"]]
    if record.get("exit_code") or record["left_behind"]:
        broken.append(
            f"exit code {record.get('exit_code')}, {record['left_behind']} processes left"
        )
    return broken


if __name__ == "__main__":
    main()
