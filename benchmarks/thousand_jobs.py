"""A thousand calls of `run_jax_code` in a row: what they leave behind, and how fast they go.

    python -m benchmarks.thousand_jobs [--calls 1000]

Through a real client. Fails where descriptors, processes or temporary files have grown.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from jax_workbench.server.envelope import versions
from tests.processes import descendants, descriptors, zombies

CODE = "import jax.numpy as jnp\nfloat(jnp.arange(5.0).sum())"
EXPECTED = 10.0
RESULT = Path(__file__).parent / "results" / "thousand_jobs.json"
N_FIRST = 20
"""Calls before the first look: caches fill, and the first zygote is one of many."""
_PAGES_PER_MIB = 2**20 / os.sysconf("SC_PAGESIZE")


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    with tempfile.TemporaryDirectory(prefix="thousand-jobs-") as folder:
        record = anyio.run(measure, parser.parse_args().calls, Path(folder))
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))
    grown = [
        name
        for name in ("descriptors", "processes", "zombies", "temporary_files")
        if record["after"][name] > record["before"][name]
    ]
    if grown or record["left_at_the_end"] != {"processes": 0, "temporary_files": 0}:
        sys.exit(f"Left behind: {', '.join(grown) or record['left_at_the_end']}.")


async def measure(n_calls: int, folder: Path) -> dict[str, Any]:
    """Call, look, call, look; then end the server and look again."""
    temporary = folder / "tmp"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary), "JAX_WORKBENCH_STATE_DIR": str(folder / "state")}
    command = ["-m", "jax_workbench.server"]
    server = StdioServerParameters(command=sys.executable, args=command, env=env)
    others = descendants(os.getpid()).keys()
    async with Client(server) as client:
        await _call(client, N_FIRST)
        pid = min(descendants(os.getpid()).keys() - others)
        before = await _seen(client, pid, temporary)
        began = time.perf_counter()
        await _call(client, n_calls)
        took_s = time.perf_counter() - began
        after = await _seen(client, pid, temporary)
        below = descendants(pid).keys()
    return {
        "calls": n_calls,
        "before": before,
        "after": after,
        "left_at_the_end": {
            "processes": len(below & descendants(1).keys()),
            "temporary_files": len([*temporary.rglob("*")]),
        },
        "calls_per_s": round(n_calls / took_s, 2),
        "started_as": "root" if os.geteuid() == 0 else "user",
        "kernel": os.uname().release,
        "versions": versions(),
        "n_cores": len(os.sched_getaffinity(0)),
    }


async def _call(client: Client, n_calls: int) -> None:
    for _ in range(n_calls):
        got = await client.call_tool("run_jax_code", {"code": CODE})
        if not got.structured_content or got.structured_content["result"]["value"] != EXPECTED:
            raise RuntimeError(f"A call went wrong: {got}")


async def _seen(client: Client, pid: int, temporary: Path) -> dict[str, Any]:
    """What the server holds while it is idle and its pool full."""
    n_cores = len(os.sched_getaffinity(0))
    with anyio.fail_after(60):
        while True:
            device = await client.read_resource("workbench://device")
            queue = json.loads(device.contents[0].model_dump()["text"])["queue"]
            # Bubblewrap twice, the zygote, two processes for each worker.
            if queue["ready_workers"] == n_cores and len(descendants(pid)) == 3 + 2 * n_cores:
                break
            await anyio.sleep(0.1)
    return _held(pid, temporary)


def _held(pid: int, temporary: Path) -> dict[str, Any]:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return {
        "descriptors": descriptors(pid),
        "processes": len(descendants(pid)),
        "zombies": zombies(pid),
        "temporary_files": len([*temporary.rglob("*")]),
        "server_rss_mib": round(pages / _PAGES_PER_MIB, 1),
    }


if __name__ == "__main__":
    main()
