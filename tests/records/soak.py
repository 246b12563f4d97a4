"""Eight clients throw code that hangs, eats memory, crashes and floods at one server over HTTP.

    .venv/bin/python -m tests.records.soak [--minutes 10]

Meanwhile a ninth one asks for the list of tools every half second, and the server's descriptors,
threads and memory are read. Writes `soak.json`, and fails where the server stopped answering, lost
a call, logged a fault of its own, grew, or left a process.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import Client

from jax_workbench.server.envelope import versions
from tests.processes import descendants, descriptors

RECORD = Path(__file__).with_suffix(".json")
N_CLIENTS = 8
MEMORY_MIB = 512
WARM_UP_S = 60.0
"""Imports, caches and the first of everything; growth is counted from here on."""
CODES = {
    "hangs": "while True: pass",
    "sleeps": "import time; time.sleep(600)",
    "eats memory": "x = []\nwhile True: x.append(bytearray(2**24))",
    "asks for too much": "import jax.numpy as jnp; jnp.ones((2**33,)).sum()",
    "aborts": "import os; os.abort()",
    "writes to nowhere": "import ctypes; ctypes.string_at(0)",
    "exits": "import os; os._exit(3)",
    "floods": "for _ in range(200000): print('x' * 200)",
    "fills its disk": "open('f', 'wb').write(b'x' * 2**30)",
    "starts threads": "import threading\nfor _ in range(999): "
    "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "raises": "raise ValueError('no')",
    "works": "import jax.numpy as jnp; float(jnp.ones(10).sum())",
}
EXPECTED = {
    *("ok", "timed_out", "out_of_memory", "worker_died", "user_code_failed"),
    *("output_too_large", "device_busy", "given up"),
}
GROWTH = {"descriptors": 8, "threads": 4, "resident_mib": 48.0}
"""Of the last quarter's median over the second's that counts as flat."""
LIMIT_S = 1.0


@dataclass
class Seen:
    """What was heard and measured."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    by_code: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    listing_s: list[float] = field(default_factory=list[float])
    sizes: list[dict[str, float]] = field(default_factory=list[dict[str, float]])


def main() -> None:
    """Soak, write, and fail where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (server, url):
        seen = Seen()
        anyio.run(soak, url, server.pid, 60 * minutes, seen)
        below = descendants(server.pid)
        server.terminate()
        code = server.wait(timeout=60)
        record = summary(seen, minutes, faults(Path(folder, "log")))
        record["exit_code"] = code
        record["left_behind"] = left_of(below)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))  # noqa: T201
    if broken := broken_promises(record):
        sys.exit("Not held: " + "; ".join(broken))


@contextmanager
def serving(folder: Path) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a process of its own, and its URL; its log goes to `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "JAX_WORKBENCH_STATE_DIR": str(folder / "state"),
        "JAX_WORKBENCH_MEMORY_MIB": str(MEMORY_MIB),
        "JAX_WORKBENCH_LOG_FORMAT": "json",
        "JAX_WORKBENCH_HTTP": f"127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "jax_workbench.server", "serve"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log, env={**os.environ, **settings})  # noqa: S603
    try:
        yield server, f"http://127.0.0.1:{port}/mcp"
    finally:
        server.kill()
        server.wait()


async def soak(url: str, pid: int, limit_s: float, seen: Seen) -> None:
    """All clients at once, for `limit_s`."""
    await listening(url)
    with anyio.move_on_after(limit_s):
        async with anyio.create_task_group() as group:
            for number in range(N_CLIENTS):
                group.start_soon(attack, url, random.Random(number), seen)  # noqa: S311
            group.start_soon(list_tools, url, seen)
            group.start_soon(measure, pid, seen)


async def listening(url: str) -> None:
    """Return when the server takes connections."""
    port = int(url.rpartition(":")[2].partition("/")[0])
    with anyio.fail_after(120):
        while True:
            with suppress(OSError):
                await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
                return
            await anyio.sleep(0.05)


async def attack(url: str, dice: random.Random, seen: Seen) -> None:
    """Send one code after another; every tenth call is given up while it runs."""
    async with Client(url, read_timeout_seconds=600) as client:
        while True:
            name = dice.choice([*CODES])
            outcome = "given up"
            arguments = {"code": CODES[name], "timeout_s": dice.choice([1, 2, 5])}
            with anyio.move_on_after(dice.uniform(0.2, 2) if dice.random() < 0.1 else None):
                outcome = await outcome_of(client, arguments)
            seen.outcomes[outcome] += 1
            seen.by_code.setdefault(name, Counter())[outcome] += 1


async def outcome_of(client: Client, arguments: dict[str, Any]) -> str:
    """A status, or an error's code."""
    got = await client.call_tool("run_jax_code", arguments)
    answer: dict[str, Any] = got.structured_content or {}
    while answer.get("status") == "running":
        ask = {"job_id": answer["run"]["job_id"], "wait_s": 30}
        got = await client.call_tool("get_job", ask)
        answer = got.structured_content or {}
    if got.is_error:
        return str(getattr(got.content[0], "text", "")).partition(":")[0]
    return str(answer.get("status"))


async def list_tools(url: str, seen: Seen) -> None:
    """Ask again and again, and note how long each answer took."""
    async with Client(url, read_timeout_seconds=600) as client:
        while True:
            began = time.perf_counter()
            await client.list_tools(cache_mode="bypass")
            seen.listing_s.append(time.perf_counter() - began)
            await anyio.sleep(0.5)


async def measure(pid: int, seen: Seen) -> None:
    """Read the server's size now and then."""
    began = time.monotonic()
    while True:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")  # noqa: ASYNC240
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        seen.sizes.append(
            {
                "at_s": round(time.monotonic() - began, 1),
                "descriptors": descriptors(pid),
                "threads": int(fields["Threads"]),
                "resident_mib": round(int(fields["VmRSS"].split()[0]) / 1024, 1),
                "processes_below": len(descendants(pid)),
            }
        )
        await anyio.sleep(2)


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
    if record["exit_code"] or record["left_behind"]:
        broken.append(f"exit code {record['exit_code']}, {record['left_behind']} processes left")
    return broken


if __name__ == "__main__":
    main()
