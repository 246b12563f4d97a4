"""How many held-out bugs lint_jax_code finds, and what it says of the mended programs.

    python -m tests.records.lint_recall            static only, in seconds
    python -m tests.records.lint_recall --confirm  and with the probes, in the sandbox, in minutes

Names of sets after it choose among them.
Prints the misses and writes lint_recall.json, which keeps of each set what was measured first,
before any rule was tuned on it. A bug counts as found where a finding of warning or above stands
within one line of it, by a rule that speaks more often there than on the mended text.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import anyio

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.envelope import versions
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.findings import report
from jax_workbench.tools.lint_jax_code.observed_findings import KINDS
from jax_workbench.tools.lint_jax_code.plan import plan
from tests.records.lint_programs import SETS, Program, programs

RECORD = Path(__file__).with_suffix(".json")

type Said = list[tuple[int, str]]
"""Line and code of each finding of warning or above."""


def main() -> None:
    """Measure, print, write."""
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    record["versions"] = versions()
    for name in [name for name in SETS if name in sys.argv[1:]] or SETS:
        cases = programs(name)
        kept = record["sets"].setdefault(name, {"programs": len(cases)})
        told = {"static": scored([(c, statically(c.buggy), statically(c.mended)) for c in cases])}
        if "--confirm" in sys.argv[1:]:
            told["confirmed"] = scored(anyio.run(confirmed, cases, ()))
            # No rule is behind these codes, so none was tuned: what it adds to the first
            # measurement is what confirmation adds on bugs that nobody has seen.
            told["by_running_alone"] = scored(
                anyio.run(confirmed, cases, tuple(kind.code for kind in KINDS.values()))
            )
        for way, score in told.items():
            # On the first two sets `confirm` was first measured when rules had been tuned.
            if way == "static" or name not in SETS[:2]:
                kept.setdefault("as_first_measured", {}).setdefault(way, score)
            kept.setdefault("now", {})[way] = score
        if "--confirm" in sys.argv[1:]:
            still = {*told["by_running_alone"]["missed"]}
            missed = kept["as_first_measured"]["static"]["missed"]
            kept["first_static_or_by_running"] = len(cases) - sum(name in still for name in missed)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))  # noqa: T201


def statically(code: str) -> Said:
    """What the pass that runs nothing says of a text."""
    return [(f["line"], f["code"]) for f in report(LintJaxCodeAsk(code=code))["findings"]]


async def confirmed(
    cases: list[Program], select: tuple[str, ...]
) -> list[tuple[Program, Said, Said]]:
    """The same with `confirm`, through the server's own pool."""
    pool = BackgroundPool(local_pool(Settings()))
    told: list[tuple[Program, Said, Said]] = []
    async with anyio.create_task_group() as group:
        group.start_soon(pool.hold)
        for case in cases:
            buggy, mended = [await probed(pool, code, select) for code in (case.buggy, case.mended)]
            told.append((case, buggy, mended))
        pool.leave()
    return told


async def probed(pool: BackgroundPool, code: str, select: tuple[str, ...]) -> Said:
    """One call with `confirm`."""
    jobs = CallJobs(pool, Watch("lint-recall"), inputs={}, limits=Limits(wall_s=120))
    answer = await plan(LintJaxCodeAsk(code=code, confirm=True, select=select), jobs)
    found = answer.result.findings if answer.result is not None else ()
    return [(finding.line, finding.code) for finding in found]


def scored(told: list[tuple[Program, Said, Said]]) -> dict[str, Any]:
    """Hits by family, the misses, and what was said of mended programs."""
    hits: Counter[str] = Counter()
    exact = fitting = 0
    missed: list[str] = []
    alarms: list[str] = []
    for case, buggy, mended in told:
        before, after = (Counter(code for _, code in said) for said in (buggy, mended))
        near = [(n, c) for n, c in buggy if abs(n - case.line) <= 1 and before[c] > after[c]]
        hits[case.family] += bool(near)
        exact += any(line == case.line for line, _ in near)
        fitting += any(code in case.codes for _, code in near)
        if not near:
            missed.append(f"{case.name} ({case.source})")
        alarms += [f"{case.name}: line {line} {code}" for line, code in mended]
    sizes = Counter(case.family for case, _, _ in told)
    return {
        "found": sum(hits.values()),
        "recall": round(sum(hits.values()) / len(told), 3),
        "on_the_line": exact,
        "by_a_rule_that_fits": fitting,
        "by_family": {family: f"{hits[family]} of {sizes[family]}" for family in sizes},
        "missed": missed,
        "findings_on_mended_programs": alarms,
    }


if __name__ == "__main__":
    main()
