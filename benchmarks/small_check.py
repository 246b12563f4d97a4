"""A small benchmark_fn and check_gradients on a warm server against the same in a fresh script.

    python benchmarks/small_check.py [--calls 5]

The fresh script imports JAX and does by hand what people do: `timeit` of the compiled function, and
`jax.test_util.check_grads`. It gives no interval, no verdict and no check of outputs. In turns.
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

RESULT = Path(__file__).parent / "results" / "small_check.json"
FUNCTION = "import jax, jax.numpy as jnp\ndef fn(x):\n    return jnp.sum(jnp.tanh(x @ x))\n"
BUDGET_S = 0.5
CALLS: dict[str, dict[str, Any]] = {
    "benchmark_fn": {
        "variants": [{"name": "a", "code": FUNCTION}],
        "inputs": [{"shape": [64, 64]}],
        "time_budget_s": BUDGET_S,
        "timeout_s": 300,
    },
    "check_gradients": {"code": FUNCTION, "inputs": [{"shape": [8, 8]}], "timeout_s": 300},
}
SCRIPTS = {
    "benchmark_fn": f"""
import timeit
call, x = jax.jit(fn), jax.random.normal(jax.random.key(0), (64, 64))
call(x).block_until_ready()
timer = timeit.Timer(lambda: call(x).block_until_ready())
n, took = timer.autorange()
print(min(timer.repeat(max(1, int({BUDGET_S} / took)), n)) / n)
""",
    "check_gradients": """
from jax.test_util import check_grads
check_grads(fn, (jax.random.normal(jax.random.key(0), (8, 8)),), order=1)
""",
}
GOOD = {"measured", "pass"}


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5)
    record = anyio.run(measure, parser.parse_args().calls)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure(n_calls: int) -> dict[str, Any]:
    """Time calls and scripts in turns, after one call that is not counted."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "jax_workbench.server"])
    warm: dict[str, list[float]] = {tool: [] for tool in CALLS}
    queued: dict[str, list[float]] = {tool: [] for tool in CALLS}
    fresh: dict[str, list[float]] = {tool: [] for tool in CALLS}
    async with Client(server, read_timeout_seconds=600) as client:
        await _call(client, "check_gradients")
        for _ in range(n_calls):
            for tool in CALLS:
                took_s, queue_s = await _call(client, tool)
                warm[tool].append(took_s - queue_s)
                queued[tool].append(queue_s)
                fresh[tool].append(await anyio.to_thread.run_sync(_fresh, tool))
    return {
        tool: {
            "n": n_calls,
            "warm_call_s": statistics.median(warm[tool]),
            "queue_s": statistics.median(queued[tool]),
            "fresh_script_s": statistics.median(fresh[tool]),
            "fresh_over_warm": statistics.median(fresh[tool]) / statistics.median(warm[tool]),
        }
        for tool in CALLS
    } | {
        "note": "waiting for the device is left out of warm_call_s",
        "load_average": os.getloadavg()[0],
        "versions": versions(),
        "n_cores": len(os.sched_getaffinity(0)),
    }


async def _call(client: Client, tool: str) -> tuple[float, float]:
    """Seconds of one call, and how many of them it queued."""
    began = time.perf_counter()
    got = await client.call_tool(tool, CALLS[tool])
    took = time.perf_counter() - began
    answer: dict[str, Any] = got.structured_content or {}
    if answer.get("status") == "running":
        answer = await _wait(client, answer)
        took = time.perf_counter() - began
    if answer.get("status") not in GOOD:
        raise RuntimeError(f"{tool}: {answer.get('status')}: {got.content}")
    return took, float(answer["run"]["queue_s"])


async def _wait(client: Client, answer: dict[str, Any]) -> dict[str, Any]:
    while answer.get("status") == "running":
        ask = {"job_id": answer["run"]["job_id"], "wait_s": 30}
        got = await client.call_tool("get_job", ask)
        answer = got.structured_content or {"status": f"no answer: {got.content}", "run": {}}
    return answer


def _fresh(tool: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", FUNCTION + SCRIPTS[tool]]
    # The server's workers run on the CPU as well.
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
