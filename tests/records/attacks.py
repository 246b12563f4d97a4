"""Runs every hostile program and keeps what came of it in `attacks.json`.

    .venv/bin/python -m tests.records.attacks

Started as root it does so twice, the second time as a user without an account (script/as-user);
started as a user, once. `--print` writes the figures of this one run to stdout instead.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import anyio

from jax_workbench.sandbox.policy import available_cores
from jax_workbench.sandbox.worker import landlock
from jax_workbench.server.envelope import versions
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from tests.attacks.bait import job_uid, planted
from tests.attacks.gauntlet import MEMORY_MIB, Gauntlet, Pulse, settled, worst
from tests.attacks.program import PROMISES, programs

RECORD = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run, write, and fail where something got through."""
    started_as = "root" if os.geteuid() == 0 else "user"
    runs = {started_as: anyio.run(figures)}
    if sys.argv[1:] == ["--print"]:
        print(json.dumps(runs))  # noqa: T201
        return
    if started_as == "root":
        runs |= _as_user()
    text = RECORD.read_text(encoding="utf-8") if RECORD.exists() else "{}"
    record: dict[str, Any] = json.loads(text)
    text = json.dumps(record | runs, indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")
    for name, run in runs.items():
        print(name, json.dumps(run["promises"]), f"breaches: {run['breaches']}")  # noqa: T201
    if any(run["breaches"] or run["surprises"] or run["left_behind"] for run in runs.values()):
        sys.exit(1)


def _as_user() -> dict[str, Any]:
    command = [ROOT / "script" / "as-user", sys.executable, "-m", "tests.records.attacks"]
    run = subprocess.run([*command, "--print"], cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    return json.loads(run.stdout)


async def figures() -> dict[str, Any]:
    """What came of all programs."""
    pool, pulse = local_pool(Settings(memory_mib=MEMORY_MIB)), Pulse()
    promises: dict[str, Any] = {}
    found: dict[str, list[str]] = {"breaches": [], "surprises": [], "left_behind": []}
    async with pool, anyio.create_task_group() as group:
        await settled(pool, available_cores())
        group.start_soon(pulse.beat)
        with planted(job_uid()) as bait, tempfile.TemporaryDirectory() as state:
            gauntlet = Gauntlet(pool, bait, Path(state))
            for promise in PROMISES:
                verdicts = await gauntlet.run(programs(promise))
                ends = Counter(end for verdict in verdicts for end in verdict.ends)
                promises[promise] = {"programs": len(verdicts), "ends": dict(sorted(ends.items()))}
                breaches, surprises = worst(verdicts)
                found["breaches"] += breaches
                found["surprises"] += surprises
                found["left_behind"] += bait.touched()
        group.cancel_scope.cancel()
    return {
        "programs": sum(row["programs"] for row in promises.values()),
        "promises": promises,
        **found,
        "longest_stall_s": round(pulse.longest_s, 3),
        "kernel": os.uname().release,
        "landlock_abi": landlock.abi(),
        "versions": versions(),
    }


if __name__ == "__main__":
    main()
