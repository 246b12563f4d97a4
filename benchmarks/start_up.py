"""Start to `initialize` answered, against the smallest possible server of the mcp package.

    python benchmarks/start_up.py [--repeats 15]

Both are started in turns, in one run; the first round of each only warms the file cache. Also says
how soon `tools/list` is answered, and whether the serving process has loaded JAX.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jax_workbench.server.envelope import versions

RESULT = Path(__file__).parent / "results" / "start_up.json"
BAR = 1.5
OURS = (sys.executable, "-m", "jax_workbench.server", "serve")
SMALLEST = (
    sys.executable,
    "-c",
    """
import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server

async def main():
    server = Server("smallest")
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())

anyio.run(main)
""",
)
LOADED = """
import sys
from jax_workbench.server.__main__ import main
sys.argv[1:] = ["serve"]
try:
    main()
finally:
    sys.stderr.write("jax loaded: %s" % ("jax" in sys.modules))
"""
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


def main() -> None:
    """Measure, print and write the record; exit with 1 where the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    record = measure(parser.parse_args().repeats)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))
    sys.exit(0 if record["passed"] else 1)


def measure(repeats: int) -> dict[str, Any]:
    """Seconds of each start, and their median ratio within a round."""
    ours: list[float] = []
    smallest: list[float] = []
    listed: list[float] = []
    for number in range(repeats + 1):
        round_smallest, _ = seconds_to_initialize(SMALLEST, lists_tools=False)
        round_ours, round_listed = seconds_to_initialize(OURS, lists_tools=True)
        if number:
            smallest.append(round_smallest)
            ours.append(round_ours)
            listed.append(round_listed)
    ratios = [one / other for one, other in zip(ours, smallest, strict=True)]
    ratio, is_loaded = statistics.median(ratios), loads_jax()
    return {
        "repeats": repeats,
        "initialize_s": summary(ours),
        "initialize_smallest_s": summary(smallest),
        "tools_list_after_initialize_s": summary(listed),
        "ratio": summary(ratios),
        "bar": BAR,
        "jax_in_sys_modules": is_loaded,
        "passed": ratio < BAR and not is_loaded,
        "n_cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": versions(),
    }


def seconds_to_initialize(command: Sequence[str], *, lists_tools: bool) -> tuple[float, float]:
    """Seconds from the start to the answer to `initialize`, and from there to `tools/list`."""
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        ask(process, "initialize", INITIALIZE)
        initialized = time.perf_counter()
        if lists_tools:
            ask(process, "tools/list", {})
        listed = time.perf_counter()
        assert process.stdin  # noqa: S101 - PIPE was asked for
        process.stdin.close()
        process.wait()
    return initialized - started, listed - initialized


def ask(process: subprocess.Popen[bytes], method: str, params: dict[str, Any]) -> None:
    """Send one request and read its answer."""
    assert process.stdin  # noqa: S101 - PIPE was asked for
    assert process.stdout  # noqa: S101
    message = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "result" not in answer:
        raise RuntimeError(f"{method} was answered with {answer}")


def loads_jax() -> bool:
    """Whether a server that has answered both requests has JAX in `sys.modules`."""
    with subprocess.Popen(  # noqa: S603
        (sys.executable, "-c", LOADED),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        ask(process, "initialize", INITIALIZE)
        ask(process, "tools/list", {})
        _, said = process.communicate()
    return b"jax loaded: False" not in said


def summary(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": round(middle, 4), "q25": round(low, 4), "q75": round(high, 4)}


if __name__ == "__main__":
    main()
