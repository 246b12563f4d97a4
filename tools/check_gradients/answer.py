"""From the evidence to the answer. Runs in the server; imports no JAX."""

from collections import Counter
from dataclasses import dataclass

from jax_workbench.tools.check_gradients import (
    CheckGradientsAnswer,
    CheckGradientsAsk,
    CheckGradientsResult,
    Cost,
    Finding,
    Modes,
    Verdict,
)
from jax_workbench.tools.check_gradients.messages import Judgement, Traced
from jax_workbench.tools.check_gradients.remedies import next_calls, remedy
from jax_workbench.tools.contract import Note

DIGITS_WORTH_A_WARNING = 3.0
N_SHOWN = 8
"""Findings of a kind that an answer has room for."""

MEANING: dict[Verdict, str] = {
    "pass": "The derivatives are right",
    "fail": "The derivative is wrong",
    "fail_second_order": "The first derivative is right, the second is wrong",
    "nan": "The gradient is NaN",
    "inf": "The gradient is infinite",
    "kink": "The derivative is right except at this point, a kink",
    "discontinuous": "The function jumps at this point",
    "zero_gradient": "The gradient has vanished",
    "surrogate": "The gradient is a stand-in for that of a function of jumps",
    "nondeterministic": "The function gives different values for the same arguments",
    "inconclusive": "No verdict",
    "unsupported": "JAX does not differentiate this",
}


@dataclass(frozen=True)
class Evidence:
    """What the jobs said."""

    traced: Traced
    judgement: Judgement | None
    notes: tuple[Note, ...]


def compose(ask: CheckGradientsAsk, evidence: Evidence) -> CheckGradientsAnswer:
    """Put the answer together."""
    traced, judgement = evidence.traced, evidence.judgement or without_judge(evidence)
    lines = ask.code.splitlines()
    findings = tuple(with_source(finding, lines) for finding in judgement.findings)
    result = CheckGradientsResult(
        resolution=judgement.resolution,
        confidence=judgement.confidence,
        precision="native" if traced.is_native else "x64",
        modes=judgement.modes,
        findings=findings,
        directions=judgement.directions,
        float32_error=judgement.float32_error,
        cost=Cost(
            evaluations=judgement.evaluations,
            trace_s=traced.trace_s,
            judge_s=judgement.judge_s,
            n_inputs=traced.n_inputs,
        ),
    )
    return CheckGradientsAnswer(
        status=judgement.status,
        summary=summary_of(judgement, findings, traced),
        result=result,
        notes=(*judgement.notes, *trace_notes(traced), *evidence.notes, *dtype_notes(judgement)),
        next=next_calls(judgement, findings, traced),
    )


def without_judge(evidence: Evidence) -> Judgement:
    """The verdict where nothing was judged."""
    traced = evidence.traced
    status: Verdict = "inconclusive"
    findings: tuple[Finding, ...] = ()
    if traced.unsupported:
        status = "unsupported"
    elif traced.nondeterministic:
        status = "nondeterministic"
        findings = (Finding(kind=status, hint=f"{traced.nondeterministic}."),)
    return Judgement(status=status, findings=findings, modes=Modes(fwd=False, rev=False))


def with_room(judgement: Judgement) -> Judgement:
    """The first findings of each kind, and a note that counts the others."""
    seen: Counter[str] = Counter()
    shown: list[Finding] = []
    for finding in judgement.findings:
        seen[finding.kind] += 1
        if seen[finding.kind] <= N_SHOWN:
            shown.append(finding)
    if len(shown) == len(judgement.findings):
        return judgement
    more = ", ".join(f"{kind} ({n - N_SHOWN})" for kind, n in seen.items() if n > N_SHOWN)
    text = f"There is no room for more findings of these kinds: {more}; `argnums` picks arguments."
    note = Note(code="findings_left_out", severity="info", text=text)
    return judgement.model_copy(
        update={"findings": tuple(shown), "notes": (*judgement.notes, note)}
    )


def with_source(finding: Finding, lines: list[str]) -> Finding:
    """Put what helps and the text of its line beside a finding; lines beyond the code are lies."""
    finding = finding.model_copy(update={"hint": remedy(finding)})
    if finding.line is None:
        return finding
    if finding.line > len(lines):
        return finding.model_copy(update={"line": None})
    return finding.model_copy(update={"source": lines[finding.line - 1].strip()[:160]})


def summary_of(judgement: Judgement, findings: tuple[Finding, ...], traced: Traced) -> str:
    """One sentence with the numbers."""
    said = MEANING[judgement.status]
    if judgement.status == "unsupported":
        return f"{said}: {reason_of(traced)}"
    main = next((f for f in findings if f.kind == judgement.status), None) or next(
        iter(findings), None
    )
    if main is not None:
        return f"{said}{described(main)}."
    if judgement.status == "pass":
        resolution = "" if judgement.resolution is None else f"{judgement.resolution:.1g}"
        seen = f", faults above {resolution} of a directional derivative would show" * bool(
            resolution
        )
        return f"{said} in {len(judgement.directions)} random directions{seen}."
    return f"{said}: {len(judgement.directions)} directions were checked; see the notes."


def described(finding: Finding) -> str:
    """Where and how far a finding is off."""
    index = f"{list(finding.index)}" if finding.index else ""
    parts = f" at {finding.leaf}{index}" if finding.leaf else ""
    if finding.rule:
        parts += f" by the rule of {finding.rule}"
    if finding.primitive:
        parts += f" ({finding.primitive})"
    if finding.line:
        parts += f", line {finding.line}"
    if finding.slope_left is not None and finding.slope_right is not None:
        parts += f": one-sided slopes {finding.slope_left:.4g} and {finding.slope_right:.4g}"
        parts += f", JAX returns {finding.ad_value:.4g}" if finding.ad_value is not None else ""
    elif finding.ad_value is not None and finding.fd_value is not None:
        parts += f": AD {finding.ad_value:.6g}, differences {finding.fd_value:.6g}"
    return parts


def reason_of(traced: Traced) -> str:
    """Why there is nothing to check, in JAX's words where it has any."""
    words = traced.unsupported or traced.refused.rev or traced.refused.fwd or "no mode is left"
    return words if words.endswith(".") else f"{words}."


def trace_notes(traced: Traced) -> list[Note]:
    """What the trace means for the numbers."""
    notes: list[Note] = []

    def note(code: str, text: str, *, is_warning: bool = False) -> None:
        notes.append(Note(code=code, severity="warning" if is_warning else "info", text=text))

    if traced.is_native:
        note("native_precision", f"It does not trace in float64: {traced.native_reason}")
    if traced.coarsest is not None:
        line = f", line {traced.coarsest.line}" if traced.coarsest.line else ""
        note("low_precision", f"Inputs pass through {traced.coarsest.dtype}{line}; less is seen.")
    if traced.refused.fwd:
        note("forward_unavailable", traced.refused.fwd)
    if traced.refused.rev:
        note("reverse_unavailable", traced.refused.rev, is_warning=True)
    if traced.judgement is not None:
        # Said for every verdict of the tracer's own, whatever it says of its reasons.
        why = traced.in_process or "its process said so."
        note("in_process", f"Checked beside the code under test: {why}", is_warning=True)
    if traced.unaudited:
        names = ", ".join(dict.fromkeys(traced.unaudited))
        note("rule_not_audited", f"Custom rules left to differences alone: {names}.")
    return notes


def dtype_notes(judgement: Judgement) -> list[Note]:
    """A warning where the right formula loses digits."""
    error = judgement.float32_error
    if error is None or (error.digits_lost or 0.0) < DIGITS_WORTH_A_WARNING:
        return []
    text = (
        f"In {error.dtype} the gradient by {error.leaf} is off by {error.relative_error:.1g}: "
        f"{error.digits_lost:.0f} digits are lost; rewrite the formula or use x64."
    )
    return [Note(code="digits_lost", severity="warning", text=text)]
