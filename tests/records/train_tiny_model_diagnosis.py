"""Faults injected one by one and healthy calls beside them, and what is said of each.

    .venv/bin/python -m tests.records.train_tiny_model_diagnosis [--continue] [NAME ...]

calls the tool in this process with every case from each of the seeds, of weights and split, and
writes train_tiny_model_diagnosis.json and .md beside this file after each call (--continue keeps
what stands there and makes the rest; NAME: only cases whose name has it). A fault is named right
where the first finding has its code, its line where the case knows one, a word of its cause, one
action, and the status is none of success; a healthy call is right without any finding.
"""

import json
import math
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jax_workbench.tools.train_tiny_model.metrics import wilson
from tests.records.record_file import table
from tests.records.train_tiny_model_more_faults import MORE_FAULTS
from tests.records.train_tiny_model_more_healthy import MORE_HEALTHY, PRESETS
from tests.tools.train_tiny_model.conftest import answer_of
from tests.tools.train_tiny_model.faults import FAULTS
from tests.tools.train_tiny_model.healthy import HEALTHY
from tests.tools.train_tiny_model.texts import Case, line_of

HERE = Path(__file__).parent
NAME = "train_tiny_model_diagnosis"
SEEDS = (11, 12, 13)
SETS = {
    "faults the detectors were made with": FAULTS,
    "faults written afterwards": MORE_FAULTS,
    "healthy": HEALTHY,
    "healthy, written afterwards": MORE_HEALTHY,
    "healthy presets": PRESETS,
}
REMARK = (
    "The second set of faults and of healthy calls was written after the detectors. At first 20 of "
    "its 28 faults were named right (two of the others were no faults and were made so) and 11 of "
    "its 15 healthy calls passed; the detectors were then mended, so that these figures are those "
    "of a set that has been seen."
)
SUCCESS = frozenset(("converged", "still_improving"))


def is_right(case: Case, answer: dict[str, Any]) -> bool:
    """Whether the fault was named, or nothing was said where nothing is wrong."""
    findings = answer["result"]["findings"]
    if not case.code:
        has_failed = any(not check["ok"] for check in answer["result"]["checks"])
        return not findings and not has_failed and answer["status"] in SUCCESS
    if not findings or answer["status"] in SUCCESS:
        return False
    first = findings[0]
    said = f"{first['evidence']} {first['fix']} {first['layer']}"
    is_at = not case.at or first["line"] == line_of(case)
    return first["code"] == case.code and case.says in said and is_at and bool(first["fix"])


def row_of(name: str, case: Case, seed: int) -> dict[str, Any]:
    """One call."""
    custom = {"model": "custom", "code": case.text} if case.text else {}
    began = time.process_time()
    arguments: dict[str, Any] = {**custom, **case.arguments, "seed": seed, "split_seed": seed}
    answer, _ = answer_of(None, **arguments)
    findings = answer["result"]["findings"]
    return {
        "set": name,
        "case": case.name,
        "seed": seed,
        "expected": case.code,
        "status": answer["status"],
        "findings": [{k: f[k] for k in ("code", "line", "layer", "evidence")} for f in findings],
        "is_right": is_right(case, answer),
        "bytes": len(json.dumps(answer)),
        "cpu_s": round(time.process_time() - began, 1),
    }


def share(rows: list[dict[str, Any]]) -> str:
    """How many are right, with Wilson's interval."""
    n = sum(row["is_right"] for row in rows)
    low, high = wilson(n, len(rows))
    return f"{n} of {len(rows)} calls (95 % {low:.3f} to {high:.3f})"


def markdown_of(rows: list[dict[str, Any]], versions: dict[str, str]) -> str:
    """A table for readers."""
    lines = ["# train_tiny_model: faults and healthy calls", ""]
    for name, cases in SETS.items():
        own = [row for row in rows if row["set"] == name]
        if own:
            lines.append(f"- {name}, {len({r['case'] for r in own})} of {len(cases)}: {share(own)}")
    largest = max((row["bytes"] for row in rows), default=0)
    lines += [
        f"- largest answer: {largest} bytes",
        "",
        REMARK,
        "",
    ]
    body: list[list[object]] = []
    for case in dict.fromkeys(row["case"] for row in rows):
        own = [row for row in rows if row["case"] == case]
        codes = sorted({f["code"] for row in own for f in row["findings"][:1]})
        body.append(
            [
                case,
                own[0]["expected"] or "nothing",
                ", ".join(codes) or "nothing",
                ", ".join(sorted({row["status"] for row in own})),
                f"{sum(row['is_right'] for row in own)} of {len(own)}",
                f"{math.fsum(row['cpu_s'] for row in own) / len(own):.1f}",
            ]
        )
    lines += table(["case", "fault", "first finding", "status", "right", "CPU s"], body)
    said = ", ".join(f"{name} {number}" for name, number in versions.items())
    return "\n".join([*lines, "", f"Made with {said}.", ""])


def main(arguments: list[str]) -> None:
    """Call, and write what came of it."""
    target = HERE / f"{NAME}.json"
    versions = {"python": platform.python_version()} | {
        name: version(name) for name in ("jax", "flax", "optax", "numpy")
    }
    names = [name for name in arguments if not name.startswith("--")]
    rows: list[dict[str, Any]] = []
    if target.exists() and (names or "--continue" in arguments):
        rows = json.loads(target.read_text(encoding="utf-8"))["rows"]
    there = set[tuple[str, int]]()
    if not names:
        there = {(row["case"], row["seed"]) for row in rows}
    for name, cases in SETS.items():
        for case in cases:
            for seed in SEEDS:
                is_asked = not names or any(part in case.name for part in names)
                if not is_asked or (case.name, seed) in there:
                    continue
                key = (case.name, seed)
                rows = [row for row in rows if (row["case"], row["seed"]) != key]
                rows.append(row_of(name, case, seed))
                record = {"versions": versions, "rows": rows}
                target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
                (HERE / f"{NAME}.md").write_text(markdown_of(rows, versions), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
