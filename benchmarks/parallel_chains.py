"""Effective draws a second of four chains on one device and on several simulated ones.

    python benchmarks/parallel_chains.py [--devices 1 2 4]

A linear regression on 50,000 rows, where a transition is dear; through the server, one worker a
call, in turns. `ess_per_s` is the answer's own: it counts sampling, not compiling.
"""

import argparse
import io
import json
import os
import platform
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from mcp import Client, StdioServerParameters

RESULT = Path(__file__).parent / "results" / "parallel_chains.json"
MODEL = """import numpyro
import numpyro.distributions as dist

def model(x, y):
    level = numpyro.sample("level", dist.Normal(0, 5))
    slopes = numpyro.sample("slopes", dist.Normal(0, 5).expand([3]).to_event(1))
    noise = numpyro.sample("noise", dist.HalfNormal(5))
    numpyro.sample("obs", dist.Normal(level + x @ slopes, noise), obs=y)
"""
N_ROWS = 50_000
N_CALLS = 3
PACKAGES = ("jax", "numpyro", "jax-workbench")


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, nargs="+", default=[1, 2, 4])
    record = anyio.run(measure, parser.parse_args().devices)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure(counts: list[int]) -> dict[str, Any]:
    """Call with each number of devices in turns."""
    rates: dict[int, list[float]] = {n: [] for n in counts}
    walls: dict[int, list[float]] = {n: [] for n in counts}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npz"
        path.write_bytes(rows())
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "jax_workbench.server"],
            env={**os.environ, "JAX_WORKBENCH_ROOTS": folder},
        )
        async with Client(server, read_timeout_seconds=1200) as client:
            for _ in range(N_CALLS):
                for n in counts:
                    answer = await sampled(client, path, n)
                    rates[n].append(answer["result"]["time"]["ess_per_s"])
                    walls[n].append(answer["run"]["wall_s"])
    return {
        "calls": N_CALLS,
        "rows": N_ROWS,
        "chains": 4,
        "cores": os.cpu_count(),
        "devices": {
            str(n): {
                "ess_per_s": statistics.median(rates[n]),
                "ess_per_s_each": rates[n],
                "wall_s": statistics.median(walls[n]),
            }
            for n in counts
        },
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
    }


async def sampled(client: Client, path: Path, n_devices: int) -> dict[str, Any]:
    """The envelope of one call."""
    arguments = {
        "model": MODEL,
        "files": [str(path)],
        "devices": n_devices,
        "num_warmup": 500,
        "timeout_s": 600,
    }
    result = await client.call_tool("run_mcmc", arguments)
    content = result.structured_content
    if content is None or content["status"] != "ok":
        raise RuntimeError(f"{n_devices} devices: {result.content}")
    return content


def rows() -> bytes:
    """The regression's data as npz."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, 3))
    stream = io.BytesIO()
    np.savez(stream, x=x, y=1 + x @ [1.0, 2.0, 3.0] + 0.5 * rng.normal(size=N_ROWS))
    return stream.getvalue()


if __name__ == "__main__":
    main()
