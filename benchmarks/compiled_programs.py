"""What a call costs when compiled programs are there already, in CPU seconds.

    python benchmarks/compiled_programs.py

Each tool is called twice by one client of one server, over stdio: of a server without a base, and
of one after `jax-workbench setup`, which is timed, too. CPU seconds, because they are
nearly the same on a busy host; they are the host's own count of the job. The second call has
another seed: what it reuses are programs, not results. `run_mcmc` is called a third time with other
data of the same shape.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from jax_workbench.server.envelope import versions

COMMAND = (sys.executable, "-m", "jax_workbench.server")
RESULT = Path(__file__).parent / "results" / "compiled_programs.json"
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
NET: dict[str, Any] = {"model": "mlp", "dataset": "digits", "timeout_s": 600}
CNN = NET | {"model": "cnn"}
LINE: dict[str, Any] = {"model": "a * exp(-b * x) + c", "x": X, "y": Y, "timeout_s": 600}
CALLS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "run_mcmc": (("first", POSTERIOR), ("second", POSTERIOR), ("other data", OTHER_DATA)),
    "train_tiny_model": (("first", NET), ("second", NET), ("another preset", CNN)),
    "fit_curve": (("first", LINE), ("second", LINE)),
}


def main() -> None:
    """Measure, print and write the record."""
    record = anyio.run(measure)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure() -> dict[str, Any]:
    """Call every tool as `CALLS` says, of both servers."""
    with tempfile.TemporaryDirectory() as folder:
        without = await _calls(folder)
        done = await anyio.run_process([*COMMAND, "setup", "--state-dir", folder])
        made = done.stdout.decode().splitlines()
        after = await _calls(folder)
    return {
        "without set-up": without,
        "set-up": [line.partition(": /")[0] for line in made],
        "after set-up": after,
        "load_average": os.getloadavg()[0],
        "versions": versions(),
        "n_cores": len(os.sched_getaffinity(0)),
    }


async def _calls(folder: str) -> dict[str, Any]:
    """What each call costs a server that keeps its state in `folder`."""
    arguments = [*COMMAND[1:], "serve", "--state-dir", folder]
    server = StdioServerParameters(command=COMMAND[0], args=arguments)
    record: dict[str, Any] = {}
    async with Client(server, read_timeout_seconds=900) as client:
        for tool, calls in CALLS.items():
            record[tool] = {
                name: await _cost(client, tool, arguments | {"seed": seed})
                for seed, (name, arguments) in enumerate(calls)
            }
    return record


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
    }


if __name__ == "__main__":
    main()
