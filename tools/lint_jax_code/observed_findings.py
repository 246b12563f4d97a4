"""What a run of the text showed, as findings. Runs in the server; no JAX here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.source import Source
from jax_workbench.tools.lint_jax_code.suppression import suppressions_of

CODE = "JAX002"


class Kind(NamedTuple):
    """How one kind of observation is told."""

    code: str
    name: str
    severity: Literal["error", "warning"]
    said: str
    why: str


KINDS = {
    "raises": Kind(
        CODE,
        "raises-when-run",
        "error",
        "This line raises when the text is run: ",
        "The text was run as it stands, and a library refused this.",
    ),
    "reuses_key": Kind(
        "JAX003",
        "reuses-a-key-when-run",
        "error",
        "JAX's own checker stops here: ",
        "Draws from one key are the same numbers, or correlated ones.",
    ),
    "warns": Kind(
        "JAX004",
        "warns-when-run",
        "warning",
        "A library warns here when the text is run: ",
        "What was asked for is not what is done.",
    ),
    "gradient": Kind(
        "JAX005",
        "gradient-nan-or-zero-when-run",
        "warning",
        "",
        "Nothing is learnt from a gradient that is nan, or zero everywhere.",
    ),
    "compiles": Kind(
        "JAX006",
        "compiles-again-when-run",
        "warning",
        "",
        "Compiling takes longer than running: functions made anew, shapes that change and Python"
        " numbers as static arguments compile anew each time.",
    ),
}


class Sighting(BaseModel):
    """What the worker says; it ran the text, which may have put anything there."""

    kind: Literal["raises", "reuses_key", "warns", "gradient", "compiles"]
    lines: list[int] = Field(min_length=1, max_length=100)
    """Lines of the text that led to it, the innermost last."""
    text: str = Field(max_length=600)
    origin: int | None = None
    """The line to mend, where it is known to be another than the innermost."""

    @property
    def places(self) -> list[int]:
        """All its lines, the one of the finding last."""
        return self.lines if self.origin is None else [*self.lines, self.origin]


def observed_findings(
    said: Any, ask: LintJaxCodeAsk, found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Findings for what no other one stands on."""
    made: list[dict[str, Any]] = []
    lines = ask.code.splitlines()
    for entry in said if isinstance(said, list) else []:  # pyright: ignore[reportUnknownVariableType]
        try:
            sighting = Sighting.model_validate(entry)
        except ValidationError:
            continue
        kind = KINDS[sighting.kind]
        if not all(1 <= line <= len(lines) for line in sighting.places):
            continue
        if is_asked_for(ask, kind) and not is_known(sighting, [*found, *made]):
            made.append(finding_of(sighting, kind, lines))
    return [f for f in made if not is_taken_back(f, Source(ask.code))]


def is_known(sighting: Sighting, found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a finding stands where it was seen, or predicted it where it was called."""
    return any(
        f["line"] <= line <= f["end_line"]
        and f["evidence"] != "refuted"
        and (line in (sighting.lines[-1], sighting.places[-1]) or f["evidence"] == "confirmed")
        for f in found
        for line in sighting.places
    )


def is_taken_back(finding: Mapping[str, Any], source: Source) -> bool:
    """Whether a comment on its line takes it back."""
    return any(
        s.covers(finding["code"], finding["line"], finding["end_line"])
        for s in suppressions_of(source)
    )


def finding_of(sighting: Sighting, kind: Kind, lines: Sequence[str]) -> dict[str, Any]:
    """One sighting as a finding."""
    line = sighting.places[-1]
    text = lines[line - 1]
    said = kind.said
    if sighting.origin is not None:
        said = f"What is written here makes line {sighting.lines[-1]} raise when the text is run: "
    return {
        "code": kind.code,
        "name": kind.name,
        "severity": kind.severity,
        "message": f"{said}{sighting.text}",
        "why": kind.why,
        "line": line,
        "column": indent(text) + 1,
        "end_line": line,
        "end_column": len(text) + 1,
        "related": [*called_from(sighting, lines)],
        "fix": None,
        "evidence": "confirmed",
        "docs": f"workbench://lint/{kind.code}",
    }


def called_from(sighting: Sighting, lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The lines that led to it."""
    *outer, raising = sighting.lines
    if sighting.origin is not None:
        yield {"line": raising, "column": indent(lines[raising - 1]) + 1, "message": "Raised here."}
    for n in dict.fromkeys(outer):
        if n != raising:
            yield {"line": n, "column": indent(lines[n - 1]) + 1, "message": "Called from here."}


def is_asked_for(ask: LintJaxCodeAsk, kind: Kind) -> bool:
    """Whether `select` and `ignore`, by code, family or name, leave it in."""

    def is_named(words: Sequence[str]) -> bool:
        return any(kind.code.startswith(w.upper()) or kind.name == w for w in words if w)

    return (not ask.select or is_named(ask.select)) and not is_named(ask.ignore)


def indent(text: str) -> int:
    """Characters before the first that is no space."""
    return len(text) - len(text.lstrip())
