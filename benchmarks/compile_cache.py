"""What a second call costs when the first one's compiled programs are there, in CPU seconds.

    python benchmarks/compile_cache.py

Each tool is called twice by one client of one server, over stdio. CPU seconds, because they are
nearly the same on a busy host; they are the host's own count of the job. The second call has
another seed: what it reuses are programs, not results. `run_mcmc` is called a third time with other
data of the same shape.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from jax_workbench.server.envelope import versions

RESULT = Path(__file__).parent / "results" / "compile_cache.json"
MODEL = """
import numpyro
import numpyro.distributions as dist

def model(x, y=None):
    a = numpyro.sample("a", dist.Normal(0, 10))
    b = numpyro.sample("b", dist.Normal(0, 10))
    s = numpyro.sample("s", dist.HalfNormal(5))
    numpyro.sample("obs", dist.Normal(a + b * x, s), obs=y)
"""
X = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
Y = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1]
POSTERIOR = {"model": MODEL, "data": {"x": X, "y": Y}, "timeout_s": 600}
OTHER_DATA = POSTERIOR | {"data": {"x": X, "y": [2 * y for y in Y]}}
NET: dict[str, Any] = {"model": "mlp", "dataset": "digits", "steps": 200, "timeout_s": 600}
LINE: dict[str, Any] = {"model": "a * exp(-b * x) + c", "x": X, "y": Y, "timeout_s": 600}
CALLS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "run_mcmc": (("first", POSTERIOR), ("second", POSTERIOR), ("other data", OTHER_DATA)),
    "train_tiny_model": (("first", NET), ("second", NET)),
    "fit_curve": (("first", LINE), ("second", LINE)),
}


def main() -> None:
    """Measure, print and write the record."""
    record = anyio.run(measure)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure() -> dict[str, Any]:
    """Call every tool as `CALLS` says."""
    server = StdioServerParameters(command=sys.executable, args=["-m", "jax_workbench.server"])
    record: dict[str, Any] = {}
    async with Client(server, read_timeout_seconds=900) as client:
        for tool, calls in CALLS.items():
            rows = {
                name: await _cost(client, tool, arguments | {"seed": seed})
                for seed, (name, arguments) in enumerate(calls)
            }
            first = rows["first"]["cpu_s"]
            record[tool] = {
                name: row | {"share_of_first": round(row["cpu_s"] / first, 3)}
                for name, row in rows.items()
            }
    return record | {
        "load_average": os.getloadavg()[0],
        "versions": versions(),
        "n_cores": len(os.sched_getaffinity(0)),
    }


async def _cost(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the host measured of one call, and what it says of compiled programs."""
    got = await client.call_tool(tool, arguments)
    answer: dict[str, Any] = got.structured_content or {}
    while answer.get("status") == "running":
        ask = {"job_id": answer["run"]["job_id"], "wait_s": 30}
        got = await client.call_tool("get_job", ask)
        answer = got.structured_content or {}
    if got.is_error:
        raise RuntimeError(f"{tool}: {got.content}")
    found = [note["text"] for note in answer["notes"] if note["code"] == "compiled_before"]
    return {
        "status": answer["status"],
        "cpu_s": round(answer["run"]["cpu_s"], 2),
        "wall_s": round(answer["run"]["wall_s"], 2),
        "compiled_before": found[0].partition(" had been")[0] if found else "",
        "time": answer["result"].get("time") or answer["result"].get("solver"),
    }


if __name__ == "__main__":
    main()
