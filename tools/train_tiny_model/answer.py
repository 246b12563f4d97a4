"""The answer's words and numbers. Runs in the worker."""

import math
from collections.abc import Sequence

import numpy as np

from jax_workbench.tools.contract import Note
from jax_workbench.tools.train_tiny_model import (
    N_CURVE,
    Check,
    CurvePoint,
    Finding,
    Score,
)
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.problem import Ending
from jax_workbench.tools.train_tiny_model.trace import Floats

MAX_FINDINGS = 8
MAX_LAYERS = 24


def finite(value: float | None) -> float | None:
    """The number, or None where it is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def curve_of(trained: Trained, rates: Floats) -> tuple[CurvePoint, ...]:
    """At most `N_CURVE` points of the run: every look at validation, thinned."""
    trace = trained.trace
    loss, first = trace.loss, trace.first_step
    looks = trace.evaluations
    places = np.linspace(0, len(looks) - 1, min(N_CURVE, len(looks)))
    kept: list[int] = sorted({round(place) for place in places.tolist()})
    points: list[CurvePoint] = []
    before = first
    for i in kept:
        step, value = looks[i]
        part = loss[max(0, before - first) : max(0, step - first)]
        part = part[np.isfinite(part)]
        at = min(max(step - 1 - first, 0), len(rates) - 1)
        points.append(
            CurvePoint(
                step=step,
                train_loss=finite(part.mean()) if len(part) else None,
                val_loss=finite(value),
                learning_rate=finite(rates[at]) if len(rates) else None,
            )
        )
        before = max(step, first)
    return tuple(points)


def rounded(value: float | None) -> str:
    """A number for the summary."""
    return "none" if value is None else f"{value:.4g}"


def scored(score: Score) -> str:
    """The score in words."""
    if score.test is None:
        return "no score"
    between = ""
    if score.ci_low is not None and score.ci_high is not None:
        between = f" (95 % {rounded(score.ci_low)} to {rounded(score.ci_high)})"
    against = "" if score.baseline is None else f", baseline {rounded(score.baseline)}"
    return f"test {score.name} {rounded(score.test)}{between}{against}"


def summary_of(status: str, score: Score, findings: Sequence[Finding], trained: Trained) -> str:
    """One sentence with the numbers."""
    words = status.replace("_", " ").capitalize()
    best = trained.best
    when = f" after {trained.step} steps (best {best.step})" if best else ""
    cause = f" Cause: {findings[0].code}. {findings[0].evidence}" if findings else ""
    return f"{words}{when}: {scored(score)}.{cause}"


def notes_of(findings: Sequence[Finding]) -> list[Note]:
    """Each finding once more as a note, by the same code."""
    return [
        Note(code=finding.code, severity="warning", text=f"{finding.evidence} {finding.fix}")
        for finding in findings[:MAX_FINDINGS]
    ]


def note(code: str, text: str) -> Note:
    """Something worth knowing that is no fault."""
    return Note(code=code, severity="info", text=text)


def notes_of_stop(trained: Trained) -> list[Note]:
    """Say which weights are kept where training was stopped because validation stalled."""
    best = trained.best
    if trained.stopped != "early" or best is None or best.step >= trained.step:
        return []
    last = trained.trace.evaluations[-1][1]
    text = (
        f"Validation was best at step {best.step} ({best.loss:.4g}; {last:.4g} at the end), so "
        f"training stopped at step {trained.step}. Scores and weights are those of step "
        f"{best.step}."
    )
    return [note("stopped_early", text)]


def notes_of_ending(ending: Ending | None) -> list[Note]:
    """Say where samples are still told apart from the data, beyond what two sets of data are."""
    if ending is None or "real_against_real" not in ending.facts or ending.ci_low is None:
        return []
    floor, scatter = ending.facts["real_against_real"]
    if ending.ci_low <= floor + 2 * scatter:
        return []
    text = (
        f"Samples are still told apart from the data: {ending.name} {ending.value:.2g}, between "
        f"two sets of real rows {floor:.2g}. More steps or a wider model may close the gap."
    )
    return [Note(code="samples_differ", severity="warning", text=text)]


def checks_text(checks: Sequence[Check]) -> str:
    """How many checks went well."""
    n_ok = sum(check.ok for check in checks)
    return f"{n_ok} of {len(checks)} checks are right"


def largest_layers(layers: dict[str, int]) -> dict[str, int]:
    """The largest parts, the rest as one."""
    if len(layers) <= MAX_LAYERS:
        return layers
    order = sorted(layers, key=lambda name: -layers[name])
    kept = {name: layers[name] for name in order[: MAX_LAYERS - 1]}
    return {**kept, "(others)": sum(layers.values()) - sum(kept.values())}
