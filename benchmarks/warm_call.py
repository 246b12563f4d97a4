"""A trivial `run_jax_code` on a warm pool against a fresh interpreter with the same imports.

    python benchmarks/warm_call.py [--calls 30] [--fresh 5]

Both do the same work, in turns, in one run. Also: what one warm worker costs in memory (as root
only: the kernel shows the private pages of a worker to nobody else).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from jax_workbench.server.envelope import versions
from jax_workbench.tools.worker_profile import ENV, PRELOAD

CODE = "import jax.numpy as jnp\nfloat(jnp.arange(5.0).sum())"
VALUE = 10.0
RESULT = Path(__file__).parent / "results" / "warm_call.json"
NAMESPACES_OF_A_JOB = 3
"""The host's, the outer jail's, its own."""
_KIB_PER_MIB = 1024


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--fresh", type=int, default=5)
    options = parser.parse_args()
    record = anyio.run(measure, options.calls, options.fresh)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure(n_calls: int, n_fresh: int) -> dict[str, Any]:
    """Time calls through a real client; fresh interpreters stand between groups of them."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "jax_workbench.server"])
    warm_s: list[float] = []
    fresh_s: list[float] = []
    async with Client(server) as client:
        await _call(client)
        for i in range(n_calls):
            if i % max(1, n_calls // n_fresh) == 0 and len(fresh_s) < n_fresh:
                fresh_s.append(await anyio.to_thread.run_sync(_fresh))
            await _until_warm(client)
            warm_s.append(await _call(client))
        await _until_warm(client)
        memory_mib = _private_mib_of_workers()
    return {
        "warm_call_s": _summary(warm_s),
        "fresh_python_s": _summary(fresh_s),
        "ratio_of_medians": statistics.median(fresh_s) / statistics.median(warm_s),
        "private_mib_per_warm_worker": memory_mib,
        "versions": versions(),
        "n_cores": len(os.sched_getaffinity(0)),
    }


async def _call(client: Client) -> float:
    began = time.perf_counter()
    got = await client.call_tool("run_jax_code", {"code": CODE})
    took = time.perf_counter() - began
    value = (got.structured_content or {"result": {"value": None}})["result"]["value"]
    if value != VALUE:
        raise RuntimeError(f"the call gave {value!r} instead of {VALUE}: {got.content}")
    return took


async def _until_warm(client: Client) -> None:
    """Wait until the pool has refilled: the figure is about warm calls."""
    while True:
        device = await client.read_resource("workbench://device")
        queue = json.loads(device.contents[0].model_dump()["text"])["queue"]
        if queue["ready_workers"] >= len(os.sched_getaffinity(0)):
            return
        await anyio.sleep(0.05)


def _fresh() -> float:
    imports = [name for name in PRELOAD if not name.startswith("jax_workbench")]
    code = f"import {', '.join(imports)}\n{CODE}"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, **ENV})  # noqa: S603
    return time.perf_counter() - began


def _summary(seconds: list[float]) -> dict[str, float]:
    return {
        "n": len(seconds),
        "min": min(seconds),
        "median": statistics.median(seconds),
        "max": max(seconds),
    }


def _private_mib_of_workers() -> list[float]:
    """Private pages of each process in a pid namespace below the zygote's, biggest two."""
    if os.geteuid() != 0:
        return []
    found: list[float] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text(encoding="ascii", errors="replace")
            depth = next(line for line in status.splitlines() if line.startswith("NSpid:"))
            rollup = (folder / "smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        if len(depth.split()) - 1 < NAMESPACES_OF_A_JOB:
            continue
        private = sum(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")
        )
        found.append(private / _KIB_PER_MIB)
    return sorted(found)[-len(os.sched_getaffinity(0)) :]


if __name__ == "__main__":
    main()
