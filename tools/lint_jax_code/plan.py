"""The static pass, then the probes where they are asked for. Runs in the server; no JAX here."""

from typing import Any

from pydantic import ValidationError

from jax_workbench.tools.contract import Jobs, Next, Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.lint_jax_code import Finding, Findings, LintJaxCodeAnswer, LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.observed_findings import observed_findings
from jax_workbench.tools.lint_jax_code.verdicts import ASKED, note_on_refuted, write_verdicts

WORK = "jax_workbench.tools.lint_jax_code.work:run"
CONFIRM = "jax_workbench.tools.lint_jax_code.confirm:run"
LOST = frozenset(
    ("timed_out", "worker_died", "out_of_memory", "output_too_large", "user_code_failed")
)
SHOWN = 3


async def plan(ask: LintJaxCodeAsk, jobs: Jobs) -> LintJaxCodeAnswer:
    """Lint in a worker that runs nothing of the code; confirm in another one that does."""
    static = (await jobs.run(WORK, {"ask": ask.model_dump()})).value
    notes = list(notes_of(static))
    found: list[dict[str, Any]] = static["findings"]
    is_broken = any(f["code"] == "JAX000" for f in found)
    if ask.confirm and not is_broken:
        notes += await confirm(ask, jobs, static)
    result = checked(static)
    errors = [f for f in result.findings if f.severity == "error"]
    standing = [f for f in result.findings if f.evidence != "refuted"]
    status = "syntax_error" if is_broken else "findings" if standing else "clean"
    return LintJaxCodeAnswer(
        status=status,
        summary=summary(ask, result),
        result=result,
        notes=tuple(notes),
        next=(Next(tool="lint_jax_code", why="Apply the safe fixes.", arguments={"fix": "safe"}),)
        if ask.fix == "none" and any(f.fix and f.fix["applicability"] == "safe" for f in errors)
        else (),
    )


async def confirm(ask: LintJaxCodeAsk, jobs: Jobs, static: dict[str, Any]) -> list[Note]:
    """Ask a worker that runs the code; write what it says into the findings of the static pass."""
    found: list[dict[str, Any]] = static["findings"]
    brief = [{key: f[key] for key in ASKED} for f in found]
    for finding in found:
        finding["evidence"] = "not_checked"
    try:
        value = (await jobs.run(CONFIRM, {"code": ask.code, "findings": brief})).value
    except ToolError as error:
        if error.code not in LOST:
            raise
        text = f"The code could not be run to confirm the findings: {error.code}."
        return [Note(code="not_confirmed", severity="warning", text=text)]
    if not write_verdicts(found, value, static["counts"]):
        text = "The probes gave no verdicts: the code interfered with them."
        return [Note(code="not_confirmed", severity="warning", text=text)]
    for finding in observed_findings(value.get("observed"), ask, found):
        found.append(finding)
        static["counts"][finding["severity"]] += 1
    found.sort(key=lambda f: (f["evidence"] == "refuted", f["line"]))
    return note_on_refuted(found, static["fixed_code"])


def checked(static: dict[str, Any]) -> Findings:
    """The static pass's answer as this tool's own.

    Raises:
        ToolError: `worker_died`, as it is not what this tool's own code would say.
    """
    try:
        return Findings.model_validate(
            {key: static[key] for key in ("findings", "fixed_code", "counts")}
        )
    except (ValidationError, KeyError):
        raise ToolError(
            "worker_died", "The linting job answered in an unknown form.", "Call again."
        ) from None


def notes_of(static: dict[str, Any]) -> list[Note]:
    """What was left out, and how positions are to be read."""
    notes: list[Note] = []
    if n := static.get("n_left_out"):
        text = f"{n} more findings were left out; mend these first, or narrow with select."
        notes.append(Note(code="findings_left_out", severity="warning", text=text))
    if n := static.get("n_suppressed"):
        text = f"{n} findings are taken back by comments in the code."
        notes.append(Note(code="suppressed", severity="info", text=text))
    if static.get("is_notebook"):
        text = "Lines count in the code cells, joined with a line `# %%` before each."
        notes.append(Note(code="notebook_lines", severity="info", text=text))
    if static.get("is_incomplete"):
        text = (
            "The code is too long or too deeply nested to be looked at in full. Send parts of it."
        )
        notes.append(Note(code="incomplete", severity="warning", text=text))
    return notes


def summary(ask: LintJaxCodeAsk, result: Findings) -> str:
    """The counts and the first findings, in words."""
    counts = result.counts
    standing = [f for f in result.findings if f.evidence != "refuted"]
    refuted = len(result.findings) - len(standing)
    if refuted and not standing:
        return f"Clean: {refuted} of {refuted} findings refuted by running the code."
    if not standing:
        hidden = f"; {counts['info']} info findings are not shown" if counts["info"] else ""
        return f"Clean: nothing is proven wrong at {ask.min_severity} or above{hidden}."
    first = "; ".join(spoken(f) for f in standing[:SHOWN])
    more = len(standing) - SHOWN
    tail = f"; and {more} more" if more > 0 else ""
    words = (("error", "s"), ("warning", "s"), ("info", ""))
    many = ", ".join(f"{counts[w]} {w}{'' if counts[w] == 1 else s}" for w, s in words)
    back = f" {refuted} refuted by running the code." if refuted else ""
    return f"{many}. {first}{tail}.{back}"


def spoken(finding: Finding) -> str:
    """One finding, short."""
    evidence = "" if finding.evidence == "static" else f", {finding.evidence}"
    return f"line {finding.line}: {finding.code} {finding.name}{evidence}"
