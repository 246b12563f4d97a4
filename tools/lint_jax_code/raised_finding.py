"""The error that a run of the text met, as a finding. Runs in the server; no JAX here."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk

CODE, NAME = "JAX002", "raises-when-run"


class RaisedError(BaseModel):
    """What the worker says; it ran the text, which may have put anything there."""

    lines: list[int] = Field(min_length=1, max_length=100)
    """Lines of the text that the error passed through, the innermost last."""
    text: str = Field(max_length=600)


def raised_finding(
    said: Any, ask: LintJaxCodeAsk, found: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """A finding for an error that no other one stands on; None where there is nothing to tell."""
    try:
        error = RaisedError.model_validate(said)
    except ValidationError:
        return None
    lines = ask.code.splitlines()
    if not all(1 <= line <= len(lines) for line in error.lines) or not is_asked_for(ask):
        return None
    if any(f["line"] <= line <= f["end_line"] for f in found for line in error.lines):
        return None
    line = error.lines[-1]
    text = lines[line - 1]
    return {
        "code": CODE,
        "name": NAME,
        "severity": "error",
        "message": f"This line raises when the text is run: {error.text}",
        "why": "The text was run as it stands, and a library refused this.",
        "line": line,
        "column": indent(text) + 1,
        "end_line": line,
        "end_column": len(text) + 1,
        "related": [
            {"line": n, "column": indent(lines[n - 1]) + 1, "message": "Called from here."}
            for n in dict.fromkeys(error.lines[:-1])
            if n != line
        ],
        "fix": None,
        "evidence": "confirmed",
        "docs": f"workbench://lint/{CODE}",
    }


def is_asked_for(ask: LintJaxCodeAsk) -> bool:
    """Whether `select` and `ignore` leave it in."""
    if any(CODE.startswith(code) for code in ask.ignore):
        return False
    return not ask.select or any(CODE.startswith(code) for code in ask.select)


def indent(text: str) -> int:
    """Characters before the first that is no space."""
    return len(text) - len(text.lstrip())
