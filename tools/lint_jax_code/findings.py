"""Findings as JSON: positions in lines and columns, fixes as edits."""

import json
from typing import Any

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.engine.rule import Fix
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import (
    RANK,
    Hit,
    counts_of,
    lint_text,
    nameless,
    notebook_code,
)
from jax_workbench.tools.lint_jax_code.source import Source

MAX_BYTES = 24_000
"""Of findings as JSON, so that an answer stays below what clients hand on to their model."""


def report(ask: LintJaxCodeAsk) -> dict[str, Any]:
    """What the static pass says of one text.

    Raises:
        ToolError: `bad_argument`, where a name in `select` or `ignore` is that of no rule.
    """
    if unknown := nameless((*ask.select, *ask.ignore)):
        raise ToolError(
            "bad_argument",
            f"select, ignore: no rule or family is named {', '.join(unknown)}.",
            "Give codes (JAX301), families (JAX3, NNX) or names (key-reuse).",
        )
    notebook = notebook_code(ask.code)
    text = ask.code if notebook is None else notebook
    linted = lint_text(text, ask.filename, select=ask.select, ignore=ask.ignore)
    hits = [h for h in linted.shown if RANK[h.severity] >= RANK[ask.min_severity]]
    kept = worst_that_fit(hits, linted.source)
    n_left_out = len(hits) - len(kept)
    broken = linted.source.broken
    if broken is not None:
        kept.insert(0, syntax_error(linted.source))
    fixed_code = None
    if ask.fix != "none" and broken is None:
        fixed_code = fixed(text, ask.filename, level=ask.fix, select=ask.select, ignore=ask.ignore)
    counts = counts_of(linted.shown)
    counts["error"] += broken is not None
    return {
        "findings": kept,
        "fixed_code": fixed_code,
        "counts": counts,
        "n_left_out": n_left_out,
        "n_suppressed": len(linted.hits) - len(linted.shown),
        "is_notebook": notebook is not None,
        "is_incomplete": linted.is_incomplete,
    }


def worst_that_fit(hits: list[Hit], source: Source) -> list[dict[str, Any]]:
    """The findings for which there is room, errors before warnings, in the text's order."""
    room = MAX_BYTES
    chosen: dict[int, dict[str, Any]] = {}
    for hit in sorted(hits, key=lambda h: -RANK[h.severity]):
        told = as_json(hit, source)
        room -= len(json.dumps(told))
        if room < 0:
            break
        chosen[id(hit)] = told
    return [chosen[id(hit)] for hit in hits if id(hit) in chosen]


def as_json(hit: Hit, source: Source) -> dict[str, Any]:
    """One finding."""
    line, column = source.lines.place(hit.start)
    end_line, end_column = source.lines.place(hit.end)
    related: list[dict[str, Any]] = []
    for offset, message in hit.related:
        at, character = source.lines.place(offset)
        related.append({"line": at, "column": character, "message": message})
    return {
        "code": hit.rule.code,
        "name": hit.rule.name,
        "severity": hit.severity,
        "message": hit.message,
        "why": hit.rule.why,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "related": related,
        "fix": mending(hit.fix, source) if hit.fix is not None else None,
        "evidence": "static",
        "docs": f"workbench://lint/{hit.rule.code}",
    }


def mending(fix: Fix, source: Source) -> dict[str, Any]:
    """A fix with its edits by line and column."""
    edits: list[dict[str, Any]] = []
    for edit in fix.edits:
        line, column = source.lines.place(edit.start)
        end_line, end_column = source.lines.place(edit.end)
        edits.append(
            {
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
                "new_text": edit.text,
            }
        )
    return {"applicability": fix.applicability, "title": fix.title, "edits": edits}


def syntax_error(source: Source) -> dict[str, Any]:
    """The finding that the text does not parse."""
    broken = source.broken
    line, column = (broken.line, max(broken.column, 1)) if broken is not None else (1, 1)
    return {
        "code": "JAX000",
        "name": "syntax-error",
        "severity": "error",
        "message": f"Does not parse: {broken.message if broken is not None else ''}. What stands"
        " before it was linted.",
        "why": "Code that does not parse does not run.",
        "line": line,
        "column": column,
        "end_line": line,
        "end_column": column + 1,
        "related": [],
        "fix": None,
        "evidence": "static",
        "docs": "workbench://lint/JAX000",
    }
