"""Findings as a SARIF 2.1.0 log. Command line only.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 (2020).
"""

import hashlib
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.linting import UNUSED
from jax_workbench.tools.lint_jax_code.rendering import Shown, lines_by_cell, place_text
from jax_workbench.tools.lint_jax_code.rules import all_rules

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(shown: Shown, taken_back: Shown) -> dict[str, Any]:
    """A log of one run; what comments take back is in it with its suppression."""
    rules = sorted((*all_rules(), UNUSED), key=lambda rule: rule.code)
    index = {rule.code: n for n, rule in enumerate(rules)}
    described = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.headline},
            "fullDescription": {"text": rule.why or rule.headline},
            "help": {"text": rule.page, "markdown": rule.page},
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
            "properties": {"tags": ["jax", rule.code.rstrip("0123456789")]},
        }
        for rule in rules
    ]
    results: list[dict[str, Any]] = []
    for file, found in shown.items():
        hidden = taken_back.get(file, [])
        prints = _fingerprints(file, [*found, *hidden])
        results += [
            {**_result(file, finding, index), "partialFingerprints": {"findingHash/v1": mark}}
            | ({"suppressions": [{"kind": "inSource"}]} if position >= len(found) else {})
            for position, (finding, mark) in enumerate(zip([*found, *hidden], prints, strict=True))
        ]
    driver = {"name": "jax-workbench", "rules": described}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _fingerprints(file: str, findings: list[dict[str, Any]]) -> list[str]:
    """Digests of code, line and occurrence: a finding that moves with its line keeps its own."""
    seen: dict[tuple[str, str], int] = {}
    marks: list[str] = []
    by_cell = lines_by_cell(file, findings)
    for finding in findings:
        lines = by_cell[finding.get("cell")]
        row = lines.row(finding["line"]) if finding["line"] <= len(lines.starts) else ""
        key = (finding["code"], " ".join(row.split()))
        seen[key] = seen.get(key, 0) + 1
        text = f"{Path(file).as_posix()}\0{key[0]}\0{key[1]}\0{seen[key]}"
        marks.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return marks


def _result(file: str, finding: dict[str, Any], index: dict[str, int]) -> dict[str, Any]:
    cell = finding.get("cell")
    # A region would count lines of the notebook's JSON, in which nothing of this has a line.
    where = f"{place_text(finding)}: " if cell else ""
    result: dict[str, Any] = {
        "ruleId": finding["code"],
        "level": LEVELS[finding["severity"]],
        "message": {"text": where + finding["message"]},
        "locations": [_location(file, None if cell else finding)],
    }
    if finding["code"] in index:
        result["ruleIndex"] = index[finding["code"]]
    if cell:
        return result
    if finding["related"]:
        result["relatedLocations"] = [
            _location(file, part) | {"message": {"text": part["message"]}}
            for part in finding["related"]
        ]
    fix = finding["fix"]
    if fix is not None and fix["edits"]:
        replacements = [
            {"deletedRegion": _region(edit), "insertedContent": {"text": edit["new_text"]}}
            for edit in fix["edits"]
        ]
        change = {"artifactLocation": _artifact(file), "replacements": replacements}
        result["fixes"] = [{"description": {"text": fix["title"]}, "artifactChanges": [change]}]
    return result


def _artifact(file: str) -> dict[str, str]:
    return {"uri": Path(file).as_posix()}


def _location(file: str, part: dict[str, Any] | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(file)}
    if part is not None:
        place["region"] = _region(part)
    return {"physicalLocation": place}


def _region(part: dict[str, Any]) -> dict[str, int]:
    region = {"startLine": part["line"], "startColumn": part["column"]}
    if "end_line" in part:
        region |= {"endLine": part["end_line"], "endColumn": part["end_column"]}
    return region
