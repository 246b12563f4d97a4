"""Each of six jobs as one call on a warm server, and as a script that an agent runs in a shell.

    python -m benchmarks.beside_a_shell_script [--repeats 3]

In turns, in one run: wall and CPU seconds, the bytes that the model writes and reads, and how many
facts of a list it can decide on (`shell_scripts.py` has jobs, scripts and lists). CPU of a call is
what its jobs used, `run.cpu_s`; of a script, what its process used. Medians; every repeat of a call
has a seed of its own, and where a tool keeps what it compiled, that is part of being warm.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from benchmarks.shell_scripts import JOBS, Job
from jax_workbench.server.envelope import versions

RESULT = Path(__file__).parent / "results" / "beside_a_shell_script.json"
LIMIT_S = 300


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    record = anyio.run(measure, parser.parse_args().repeats)
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


async def measure(n_repeats: int) -> dict[str, Any]:
    """Both ways of every job, in turns."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "jax_workbench.server", "serve"]
    )
    rows: list[dict[str, Any]] = []
    async with Client(server) as client:
        await client.call_tool("run_jax_code", {"code": "1"})  # the pool is up
        for job in JOBS:
            calls: list[dict[str, float]] = []
            scripts: list[dict[str, float]] = []
            answer: dict[str, Any] = {}
            printed = ""
            for seed in range(n_repeats):
                scripts_row, printed = await anyio.to_thread.run_sync(_script, job)
                calls_row, answer = await _call(client, job, seed)
                scripts.append(scripts_row)
                calls.append(calls_row)
            rows.append(
                {
                    "tool": job.tool,
                    "call": _medians(calls),
                    "script": _medians(scripts),
                    "facts": [
                        {
                            "fact": fact.name,
                            "call": _leads(answer, fact.path),
                            "script": bool(fact.pattern and re.search(fact.pattern, printed)),
                        }
                        for fact in job.facts
                    ],
                }
            )
    return {
        "jobs": rows,
        "n_repeats": n_repeats,
        "n_cores": len(os.sched_getaffinity(0)),
        "load_average_at_the_end": os.getloadavg()[0],
        "versions": versions(),
    }


async def _call(client: Client, job: Job, seed: int) -> tuple[dict[str, float], dict[str, Any]]:
    """One call and its cost, followed to its end. Raises RuntimeError where there is no answer."""
    seeded = {} if job.tool == "lint_jax_code" else {"seed": seed}
    arguments = {**job.arguments, **seeded}
    began = time.perf_counter()
    got = await client.call_tool(job.tool, arguments)
    answer = got.structured_content
    while answer is not None and answer["status"] == "running":
        got = await client.call_tool("get_job", {"job_id": answer["run"]["job_id"]})
        answer = got.structured_content
    took_s = time.perf_counter() - began
    if answer is None:
        raise RuntimeError(f"{job.tool}: {got.content}")
    text = "".join(getattr(part, "text", "") for part in got.content)
    return {
        "wall_s": took_s,
        "cpu_s": answer["run"]["cpu_s"],
        "bytes_written": len(json.dumps(arguments)),
        "bytes_read": len(text.encode()),
    }, answer


def _script(job: Job) -> tuple[dict[str, float], str]:
    """One script and its cost; what it prints goes to the model, errors too."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", job.script],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_S,
        cwd=Path(__file__).parents[1],
    )
    took_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    printed = ended.stdout.decode()
    if ended.returncode:
        raise RuntimeError(f"the script beside {job.tool} failed: {printed}")
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_s": took_s,
        "cpu_s": used_s,
        "bytes_written": len(job.script),
        "bytes_read": len(ended.stdout),
    }, printed


def _leads(answer: Any, path: str) -> bool:
    """Whether a path leads to a value in an answer."""
    found = answer
    for step in path.split("."):
        try:
            found = found[int(step) if step.isdigit() else step]
        except (IndexError, KeyError, TypeError):
            return False
    return found not in (None, "", [])


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]}


if __name__ == "__main__":
    main()
