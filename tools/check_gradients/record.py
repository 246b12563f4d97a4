"""What a check has found so far, and the verdict that follows from it. Runs in the judge.

It can be read at any moment: a check that runs out of time answers with what it has.
"""

import math
import statistics
from dataclasses import dataclass, field

from jax_workbench.tools.check_gradients import (
    DirectionResult,
    Finding,
    Modes,
    OwnDtypeError,
    Verdict,
)
from jax_workbench.tools.check_gradients.messages import JudgeAsk, Judgement
from jax_workbench.tools.check_gradients.outcome import Kind, Outcome
from jax_workbench.tools.contract import Note

PRECEDENCE: tuple[Verdict, ...] = (
    "nondeterministic",
    "nan",
    "inf",
    "fail",
    "surrogate",
    "zero_gradient",
    "discontinuous",
    "kink",
    "fail_second_order",
)
"""Of several findings the first of these is the verdict."""
FAILS = frozenset(("fwd_rev_mismatch", "not_linear"))
"""Kinds of findings that are a `fail` by another way."""
SUPPORT: dict[str, frozenset[Kind]] = {
    "pass": frozenset(("pass",)),
    "fail": frozenset(("fail",)),
    "kink": frozenset(("kink", "jump")),
    "discontinuous": frozenset(("kink", "jump")),
    "surrogate": frozenset(("fail",)),
}
MAX_FINDINGS = 12


@dataclass
class Record:
    """State of one check."""

    ask: JudgeAsk
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Note] = field(default_factory=list[Note])
    fwd_checked: bool = False
    rev_checked: bool = False
    order2_checked: bool = False
    fwd_rev_max_error: float | None = None
    own_dtype: OwnDtypeError | None = None
    is_uncertain: bool = False
    is_incomplete: bool = True
    """Until the last step is done."""

    def note(self, code: str, text: str, *, is_warning: bool = False) -> None:
        """Add a note, once per code."""
        if all(note.code != code for note in self.notes):
            severity = "warning" if is_warning else "info"
            self.notes.append(Note(code=code, severity=severity, text=text))

    def add(self, finding: Finding) -> None:
        """Add a finding; further ones than MAX_FINDINGS would not be read."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)

    def verdict(self) -> Verdict:
        """The one word."""
        kinds = {"fail" if f.kind in FAILS else f.kind for f in self.findings}
        for status in PRECEDENCE:
            if status in kinds:
                return status
        if self.is_incomplete or self.is_uncertain:
            return "inconclusive"
        if "rev" in self.ask.modes and self.ask.refused.rev:
            return "unsupported"
        if not (self.rev_checked or self.fwd_checked):
            return "unsupported"
        return "pass"

    def judgement(self, evaluations: int, judge_s: float) -> Judgement:
        """Everything that is known now."""
        status = self.verdict()
        outcomes = list(self.outcomes)
        supporting = SUPPORT.get(status)
        n_support = sum(supporting is None or o.kind in supporting for o in outcomes)
        seen = [r for o in outcomes if o.kind != "uncertain" and (r := o.resolution) is not None]
        return Judgement(
            status=status,
            findings=tuple(self.findings),
            directions=tuple(map(direction_result, outcomes)),
            modes=Modes(
                fwd=self.fwd_checked,
                rev=self.rev_checked,
                order2=self.order2_checked,
                fwd_rev_max_error=self.fwd_rev_max_error,
            ),
            resolution=statistics.median(seen) if seen else None,
            confidence=n_support / len(outcomes) if outcomes else 0.0,
            float32_error=self.own_dtype,
            notes=tuple(self.notes),
            evaluations=evaluations,
            judge_s=judge_s,
        )


def direction_result(outcome: Outcome) -> DirectionResult:
    """An outcome as it is reported; slopes only where they say something."""
    is_broken = outcome.kind in {"kink", "jump"}
    return DirectionResult(
        outcome=outcome.kind,
        ad=finite(outcome.ad),
        fd=finite(outcome.fd),
        fd_error=finite(outcome.fd_error),
        tolerance=finite(outcome.tolerance),
        slope_left=finite(outcome.slope_left) if is_broken else None,
        slope_right=finite(outcome.slope_right) if is_broken else None,
    )


def finite(value: float | None) -> float | None:
    """`value`, or None where JSON could not carry it."""
    return float(value) if value is not None and math.isfinite(value) else None
