"""Findings as text with carets, as SARIF and as annotations of GitHub's."""

import hashlib
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.rules import all_rules
from jax_workbench.tools.lint_jax_code.source import Lines

type Shown = dict[str, list[dict[str, Any]]]

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(shown: Shown) -> str:
    """`file:line:column: CODE name: message`, the line, and carets under what is meant."""
    parts: list[str] = []
    for file, found in shown.items():
        lines = lines_of(file) if found else Lines("")
        for f in found:
            place = f"{file}:{f['line']}:{f['column']}"
            parts.append(f"{place}: {f['code']} {f['name']}: {f['message']}")
            parts += carets(lines, f)
    n_found = sum(len(found) for found in shown.values())
    parts.append(f"{n_found} findings in {len(shown)} files." if n_found else "Clean.")
    return "\n".join(parts) + "\n"


def lines_of(file: str) -> Lines:
    """The lines of a file; none for a notebook, whose lines are those of its cells."""
    path = Path(file)
    if path.suffix == ".ipynb":
        return Lines("")
    return Lines(path.read_bytes().decode("utf-8", "replace"))


def carets(lines: Lines, finding: dict[str, Any]) -> list[str]:
    """The line of a finding, and a line that points at it."""
    if finding["line"] > len(lines.starts) or not lines.text:
        return []
    row = lines.row(finding["line"]).rstrip("\r\n").replace("\t", " ")
    end = finding["end_column"] if finding["end_line"] == finding["line"] else len(row) + 1
    width = max(end - finding["column"], 1)
    return [f"    {row}", "    " + " " * (finding["column"] - 1) + "^" * width]


def as_github(shown: Shown) -> str:
    """One workflow command a finding."""
    return "".join(
        f"::{COMMANDS[f['severity']]} file={escaped(file, inside=True)},line={f['line']},"
        f"endLine={f['end_line']},col={f['column']},"
        f"title={escaped(f['code'] + ' ' + f['name'], inside=True)}::{escaped(f['message'])}\n"
        for file, found in shown.items()
        for f in found
    )


def escaped(text: str, *, inside: bool = False) -> str:
    """Text as workflow commands want it; properties also without colons and commas."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if inside else text


def as_sarif(shown: Shown) -> dict[str, Any]:
    """A SARIF 2.1.0 log."""
    rules = all_rules()
    index = {rule.code: n for n, rule in enumerate(rules)}
    described = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.headline},
            "fullDescription": {"text": rule.why or rule.headline},
            "help": {"text": rule.page, "markdown": rule.page},
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
        }
        for rule in rules
    ]
    results = [_result(file, f, index) for file, found in shown.items() for f in found]
    driver = {"name": "jax-workbench", "rules": described}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(file: str, finding: dict[str, Any], index: dict[str, int]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": Path(file).as_posix()},
        "region": {
            "startLine": finding["line"],
            "startColumn": finding["column"],
            "endLine": finding["end_line"],
            "endColumn": finding["end_column"],
        },
    }
    print_of = hashlib.sha256(f"{finding['code']} {file} {finding['message']}".encode())
    result = {
        "ruleId": finding["code"],
        "level": LEVELS[finding["severity"]],
        "message": {"text": finding["message"]},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"findingHash/v1": print_of.hexdigest()[:32]},
    }
    if finding["code"] in index:
        result["ruleIndex"] = index[finding["code"]]
    return result
