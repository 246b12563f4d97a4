"""Whether a run ever refutes a finding that is right: on every program that has its bug.

    python -m tests.records.lint_refuted    in the sandbox, in minutes

The buggy programs of the held-out sets and the bad cases of the rules; findings of these are right.
Writes lint_refuted.json and fails where one is refuted.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import anyio

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.envelope import versions
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.plan import plan
from tests.records.lint_programs import SETS, programs
from tests.tools.lint_jax_code.test_rules import cases

RECORD = Path(__file__).with_suffix(".json")


def main() -> None:
    """Measure, print, write."""
    texts = {f"{name}: {p.name}": p.buggy for name in SETS for p in programs(name)}
    texts |= {f"bad case of {code}": bad for code, (bad, _) in cases().items()}
    evidence, refuted = anyio.run(measured, texts)
    record = {
        "versions": versions(),
        "programs_with_bugs": len(texts),
        "findings": dict(evidence),
        "refuted": refuted,
    }
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))  # noqa: T201
    sys.exit(bool(refuted))


async def measured(texts: dict[str, str]) -> tuple[Counter[str], list[str]]:
    """How many findings have which evidence, and the refuted ones."""
    pool = BackgroundPool(local_pool(Settings()))
    evidence: Counter[str] = Counter()
    refuted: list[str] = []
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        for name, code in texts.items():
            jobs = CallJobs(pool, Watch("lint-refuted"), inputs={}, limits=Limits(wall_s=120))
            answer = await plan(LintJaxCodeAsk(code=code, confirm=True), jobs)
            found = answer.result.findings if answer.result is not None else ()
            evidence.update(f.evidence for f in found)
            refuted += [f"{name}: {f.code} line {f.line}" for f in found if f.evidence == "refuted"]
        pool.leave()
    return evidence, refuted


if __name__ == "__main__":
    main()
