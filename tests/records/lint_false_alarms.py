"""Findings of lint_jax_code on well-kept packages, each labelled by hand.

Run as `python -m tests.records.lint_false_alarms PACKAGE...`, with names of installed packages or
with folders, each named as the wheel that was unpacked into it; writes lint_false_alarms.json
beside this file and fails on a finding without a label.
"""

import json
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.linting import lint_text

HERE = Path(__file__).parent
LABELS = HERE / "lint_false_alarms_labels.json"
RECORD = HERE / "lint_false_alarms.json"
TESTS = ("_test.py", "test_util")


def files_of(package: str) -> list[Path]:
    """Modules of an installed package, its tests left out."""
    roots = [package] if Path(package).is_dir() else installed(package)
    found = sorted(path for root in roots for path in Path(root).rglob("*.py"))
    kept = [p for p in found if not p.name.endswith(TESTS[0]) and "test" not in p.parent.name]
    return [p for p in kept if TESTS[1] not in p.name]


def installed(package: str) -> list[str]:
    """The folders of an installed package."""
    spec = find_spec(package)
    return list(spec.submodule_search_locations or []) if spec is not None else []


def name_of(path: Path, package: str) -> str:
    """A module's path without the place where its package lies."""
    if Path(package).is_dir():
        return path.relative_to(package).as_posix()
    return path.as_posix().rpartition("site-packages/")[2]


def version_of(package: str) -> tuple[str, str]:
    """Name and version of a package, from the wheel's name where it was unpacked."""
    if not Path(package).is_dir():
        return package, version(package)
    name, number, *_ = Path(package).name.split("-")
    return name, number


def measure(packages: list[str]) -> dict[str, Any]:
    """Findings of warning or above, with the labels."""
    labels: dict[str, str] = json.loads(LABELS.read_text(encoding="utf-8"))
    findings: list[dict[str, Any]] = []
    n_files = n_lines = 0
    for package in packages:
        for path in files_of(package):
            text = path.read_text(encoding="utf-8")
            name = name_of(path, package)
            n_files, n_lines = n_files + 1, n_lines + text.count("\n")
            linted = lint_text(text, name, profile="library")
            for hit in linted.shown:
                if hit.severity != "info":
                    line, _ = linted.source.lines.place(hit.start)
                    key = f"{name} {hit.rule.code} {linted.source.lines.row(line).strip()}"
                    findings.append(
                        {
                            "line": line,
                            "severity": hit.severity,
                            "finding": key,
                            "label": labels.get(key, "unlabelled"),
                        }
                    )
    versions = dict(version_of(package) for package in packages)
    return {"versions": versions, "files": n_files, "lines": n_lines, "findings": findings}


if __name__ == "__main__":
    record = measure(sys.argv[1:])
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    unlabelled = [f for f in record["findings"] if f["label"] == "unlabelled"]
    sys.exit(f"{len(unlabelled)} findings have no label" if unlabelled else 0)
