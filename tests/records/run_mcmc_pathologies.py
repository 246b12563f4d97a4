"""Models that are wrong in one known way each, healthy ones beside them, and what is said of them.

    .venv/bin/python -m tests.records.run_mcmc_pathologies [--continue] [NAME ...]

writes run_mcmc_pathologies.json and .md beside this file after each model (--continue keeps what
stands there and runs the rest, NAME only prints): status and reasons of each model, CPU
seconds, and whether the fault was named right (status, code, and the site, line or index).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.records.run_mcmc_case import Case
from tests.records.run_mcmc_healthy_models import HEALTHY
from tests.records.run_mcmc_in_process import answer_of, is_named, kept, versions
from tests.records.run_mcmc_refused_models import REFUSED
from tests.records.run_mcmc_sampled_models import SAMPLED_WARNINGS
from tests.records.run_mcmc_structural_models import STRUCTURAL_WARNINGS

HERE = Path(__file__).parent
CASES = (*REFUSED, *STRUCTURAL_WARNINGS, *SAMPLED_WARNINGS, *HEALTHY)


def is_right(case: Case, status: str, reasons: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the fault was named: status, code, and what must stand with it."""
    if status != case.status:
        return False
    if not case.codes:
        return not reasons
    return any(
        reason["code"] in case.codes and case.said in f"{reason['site']} {reason['evidence']}"
        for reason in reasons
    )


def row_of(case: Case) -> dict[str, Any]:
    """Run one case."""
    answer, cpu_s, _ = answer_of(
        {"model": case.model, "data": dict(case.data), "timeout_s": 600, **case.options}
    )
    reasons = answer["result"]["reasons"]
    return {
        "case": case.name,
        "expected": {"status": case.status, "one_of": case.codes, "said": case.said},
        "status": answer["status"],
        "reasons": [{k: r[k] for k in ("code", "site", "evidence")} for r in reasons],
        "is_right": is_right(case, answer["status"], reasons),
        "cpu_s": round(cpu_s, 2),
        "bytes": len(json.dumps(answer)),
    }


def main(arguments: list[str]) -> None:
    """Run the cases and write the record after each."""
    earlier: list[dict[str, Any]] = []
    names, earlier = kept(arguments, HERE / "run_mcmc_pathologies.json", "cases", earlier)
    there = {row["case"]: row for row in earlier}
    for case in CASES:
        if case.name in there or not is_named(case.name, names):
            continue
        there[case.name] = row = row_of(case)
        said = "right" if row["is_right"] else f"WRONG: {json.dumps(row['reasons'])}"
        print(case.name, row["status"], codes_of(row), row["cpu_s"], said, flush=True)  # noqa: T201
        if not names:
            write([there[case.name] for case in CASES if case.name in there])


def write(rows: list[dict[str, Any]]) -> None:
    """The record as JSON and as a table."""
    record = {"versions": versions(), "n_cases": len(CASES), "cases": rows}
    (HERE / "run_mcmc_pathologies.json").write_text(json.dumps(record, indent=1) + "\n")
    (HERE / "run_mcmc_pathologies.md").write_text(as_markdown(record))


def codes_of(row: Mapping[str, Any]) -> str:
    """Each code once."""
    return ", ".join(dict.fromkeys(reason["code"] for reason in row["reasons"]))


def as_markdown(record: Mapping[str, Any]) -> str:
    """The record as a table."""
    rows = record["cases"]
    wrong = [row for row in rows if row["expected"]["one_of"]]
    healthy = [row for row in rows if not row["expected"]["one_of"]]
    shares = [f"{sum(r['is_right'] for r in some)} of {len(some)}" for some in (wrong, healthy)]
    refusals = [0.0, *(row["cpu_s"] for row in rows if row["status"] == "refused")]
    made_with = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    lines = [
        "# run_mcmc: pathological models and healthy ones",
        "",
        f"Made by `python -m tests.records.run_mcmc_pathologies`; {made_with}.",
        f"{len(rows)} of {record['n_cases']} models were run.",
        "",
        f"- Pathological models named right (status, code, and site, line or index): {shares[0]}.",
        f"- Healthy models without a reason: {shares[1]}.",
        f"- Refusals: at most {max(refusals):.1f} CPU seconds.",
        f"- Largest answer: {max(r['bytes'] for r in rows)} bytes.",
        "",
        "| model | status | reasons | right | CPU s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        mark = "yes" if row["is_right"] else "**no**"
        lines.append(
            f"| {row['case']} | {row['status']} | {codes_of(row)} | {mark} | {row['cpu_s']:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
