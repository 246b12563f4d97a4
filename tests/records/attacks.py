"""Runs every hostile program in each tier and keeps what came of it in `attacks.json`.

    .venv/bin/python -m tests.records.attacks [root/full user/full root/shared ...]

Started as root it does so as root and as a user without an account (script/as-user); started as a
user, as that user. Not in the tier `none`: nothing would hold the programs. `root/masked` is the
tier `full` where a part of /proc is covered, as in a container. `--print TIER` writes the figures
of one run to stdout instead.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, cast

import anyio

from jax_workbench.sandbox.policy import Tier, available_cores
from jax_workbench.sandbox.worker import landlock
from jax_workbench.server.envelope import versions
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from tests.attacks.bait import job_uid, planted
from tests.attacks.gauntlet import MEMORY_MIB, Gauntlet, Pulse, settled
from tests.attacks.lesser_tiers import GAPS, beyond
from tests.attacks.program import PROMISES, programs

RECORD = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).parents[2]
TIERS = tuple(GAPS)
MASKED = "root/masked"


def main() -> None:
    """Run, write, and fail where something got through."""
    match sys.argv[1:]:
        case ["--print", tier]:
            print(json.dumps(anyio.run(figures, cast("Tier", tier))))  # noqa: T201
            return
        case chosen:
            users = ("root", "user") if os.geteuid() == 0 else ("user",)
            wanted = chosen or [f"{user}/{tier}" for user in users for tier in TIERS]
            wanted += [MASKED] if "root" in users and not chosen else []
    failed = [name for name in wanted if not _kept(name)]
    if failed:
        sys.exit(f"Something got through: {', '.join(failed)}.")


def _kept(name: str) -> bool:
    """Do one run in a process of its own, keep its figures, and say whether all held."""
    started_as, _, tier = name.partition("/")
    command = [sys.executable, "-m", "tests.records.attacks", "--print"]
    command.append("full" if name == MASKED else tier)
    # The program itself asks for the tier `auto`, and gets `shared` where namespaces don't nest.
    denial = "proc" if name == MASKED else "nested namespaces" if tier == "shared" else ""
    if denial:
        command = [sys.executable, "-m", "tests.sandbox.denied", denial, *command]
    if started_as == "user" and os.geteuid() == 0:
        command = [str(ROOT / "script" / "as-user"), *command]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    figures = json.loads(run.stdout)
    text = RECORD.read_text(encoding="utf-8") if RECORD.exists() else "{}"
    record: dict[str, Any] = json.loads(text) | {name: figures}
    text = json.dumps(dict(sorted(record.items())), indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(name, json.dumps(figures["promises"]), f"breaches: {figures['breaches']}")  # noqa: T201
    return not (figures["breaches"] or figures["surprises"] or figures["left_behind"])


async def figures(tier: Tier) -> dict[str, Any]:
    """What came of all programs in one tier."""
    wish = "auto" if tier == "shared" else tier
    pool, pulse = local_pool(Settings(memory_mib=MEMORY_MIB, sandbox=wish)), Pulse()
    promises: dict[str, Any] = {}
    found: dict[str, list[str]] = {
        "breaches": [],
        "surprises": [],
        "left_behind": [],
        "in_gaps": [],
    }
    async with pool, anyio.create_task_group() as group:
        await settled(pool, available_cores())
        if pool.status().tier != tier:
            raise RuntimeError(f"The pool runs in the tier {pool.status().tier}, not in {tier}.")
        group.start_soon(pulse.beat)
        with planted(job_uid()) as bait, tempfile.TemporaryDirectory() as state:
            gauntlet = Gauntlet(pool, bait, Path(state))
            for promise in PROMISES:
                verdicts = await gauntlet.run(programs(promise))
                ends = Counter(end for verdict in verdicts for end in verdict.ends)
                promises[promise] = {"programs": len(verdicts), "ends": dict(sorted(ends.items()))}
                breaches, surprises, in_gaps = beyond(tier, verdicts)
                found["breaches"] += breaches
                found["surprises"] += surprises
                found["in_gaps"] += in_gaps
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
