"""The answer's words and numbers. Runs in the worker."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jax_workbench.tools.contract import Next, Note
from jax_workbench.tools.train_tiny_model import (
    N_CURVE,
    Check,
    CurvePoint,
    Finding,
    Score,
    TrainTinyModelAsk,
)
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.problem import Recipe
from jax_workbench.tools.train_tiny_model.trace import Floats

MAX_FINDINGS = 8
MAX_LAYERS = 24
FITS = "A batch of"
"""How the advice begins where a smaller batch fits."""


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


def next_calls(  # noqa: PLR0911 - one case a line
    status: str, findings: Sequence[Finding], ask: TrainTinyModelAsk, rate: float, steps: int
) -> tuple[Next, ...]:
    """The one call that would help most."""
    codes = [finding.code for finding in findings]
    same = {
        key: value
        for key, value in ask.model_dump(mode="json", exclude_defaults=True).items()
        if key in {"model", "dataset", "task", "files", "seed", "loss", "metric"}
    }
    again = "Send the mended code with the same arguments."
    if "learning_rate_too_high" in codes or "learning_rate_too_low" in codes:
        factor = 1 / 30 if "learning_rate_too_high" in codes else 100
        better = {**ask.optimizer, "learning_rate": float(f"{min(rate * factor, 1e-2):.1g}")}
        return (
            call("Try this learning rate.", {**same, "optimizer": better}),
            call("Find a learning rate by a sweep.", {**same, "mode": "lr_find"}),
        )
    if "out_of_memory" in codes:
        return (call(findings[codes.index("out_of_memory")].fix, None),)
    if "overfitting" in codes:
        decay = {**ask.optimizer, "weight_decay": 0.1}
        return (call("Regularise more.", {**same, "optimizer": decay}),)
    if findings:
        return (call(f"{findings[0].fix} {again}", None),)
    if status == "still_improving":
        return (call("It is not done.", {**same, "steps": 3 * steps}),)
    if status == "stopped_by_budget":
        more = {"time_budget_s": min(600, 4 * ask.time_budget_s), "timeout_s": 600, "steps": steps}
        return (call("Go on from the checkpoint (resume: its URI).", {**same, **more}),)
    if status == "no_learning":
        return (call("See whether it can fit even one batch.", {**same, "mode": "check"}),)
    return ()


def in_less_memory(
    findings: Sequence[Finding], ask: TrainTinyModelAsk, fitted: Recipe
) -> tuple[Next, ...]:
    """The same call with the batch that fits; nothing where none does or memory is not short."""
    first = findings[0]
    if first.code != "out_of_memory" or not first.fix.startswith(FITS):
        return ()
    changed = {
        "batch_size": fitted.batch_size,
        "steps": fitted.steps,
        "optimizer": {**ask.optimizer, "accumulate": fitted.accumulate},
    }
    whole = ask.model_dump(mode="json", exclude_defaults=True, exclude={"code", "epochs"})
    return (call(f"{first.fix} Send the same code.", {**whole, **changed}),)


def call(why: str, arguments: dict[str, Any] | None) -> Next:
    """A call of this tool."""
    return Next(tool="train_tiny_model", why=why, arguments=arguments)


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
