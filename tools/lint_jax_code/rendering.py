"""Findings as text with carets, and as annotations of GitHub's. Command line only."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.linting import notebook_cells
from jax_workbench.tools.lint_jax_code.source import Lines

type Shown = dict[str, list[dict[str, Any]]]

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def as_text(shown: Shown) -> str:
    """`file:line:column: CODE name: message`, the line, and carets under what is meant."""
    parts: list[str] = []
    for file, found in shown.items():
        lines = lines_by_cell(file, found)
        for f in found:
            parts.append(f"{file}:{place_text(f)}: {f['code']} {f['name']}: {f['message']}")
            parts += carets(lines[f.get("cell")], f)
            parts += [f"    line {r['line']}: {r['message']}" for r in f["related"]]
    n_found = sum(len(found) for found in shown.values())
    files = counted(len(shown), "file")
    parts.append(f"{counted(n_found, 'finding')} in {files}." if n_found else f"Clean: {files}.")
    return "\n".join(parts) + "\n"


def counted(n: int, word: str) -> str:
    """A number with its noun."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def place_text(finding: dict[str, Any]) -> str:
    """Line and column, after the cell of a notebook."""
    cell = f"cell {finding['cell']}:" if "cell" in finding else ""
    return f"{cell}{finding['line']}:{finding['column']}"


def lines_by_cell(file: str, found: Sequence[dict[str, Any]]) -> dict[int | None, Lines]:
    """The lines of a file under None, or of the cells of a notebook; none if it can't be read."""
    cells = {finding.get("cell") for finding in found}
    try:
        text = Path(file).read_bytes().decode("utf-8", "replace") if found else ""
    except OSError:
        text = ""
    sources = notebook_cells(text) or {}
    return {c: Lines(text if c is None else sources.get(c, "")) for c in cells}


def carets(lines: Lines, finding: dict[str, Any]) -> list[str]:
    """The line of a finding, and a line that points at it."""
    if finding["line"] > len(lines.starts) or not lines.text:
        return []
    row = lines.row(finding["line"]).rstrip("\r\n").replace("\t", " ")
    row = "".join(c if c.isprintable() else "?" for c in row)
    start = finding["column"] - 1
    end = finding["end_column"] - 1 if finding["end_line"] == finding["line"] else len(row)
    width = max(width_of(row[start:end]), 1)
    return [f"    {row}", "    " + " " * width_of(row[:start]) + "^" * width]


def width_of(text: str) -> int:
    """Columns of a terminal that a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def as_github(shown: Shown) -> str:
    """One workflow command a finding; in a notebook without a line, which would be of its JSON."""
    return "".join(
        f"::{COMMANDS[f['severity']]} file={escaped(file, inside=True)}"
        + ("" if "cell" in f else _place(f))
        + f",title={escaped(f['code'] + ' ' + f['name'], inside=True)}::"
        + escaped(f"{place_text(f)}: {f['message']}" if "cell" in f else f["message"])
        + "\n"
        for file, found in shown.items()
        for f in found
    )


def _place(finding: dict[str, Any]) -> str:
    return f",line={finding['line']},endLine={finding['end_line']},col={finding['column']}"


def escaped(text: str, *, inside: bool = False) -> str:
    """Text as workflow commands want it; properties also without colons and commas."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if inside else text
