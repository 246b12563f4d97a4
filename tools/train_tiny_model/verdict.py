"""One word for how training went, and the sentence behind it. Runs in the worker."""

from collections.abc import Sequence
from typing import Literal

from jax_workbench.tools.train_tiny_model import Finding, Score
from jax_workbench.tools.train_tiny_model.loop import Trained

type Verdict = Literal[
    "converged",
    "still_improving",
    "no_learning",
    "diverged",
    "overfitting",
    "stopped_by_budget",
    "failed_checks",
]

HIGH_RATE = "learning_rate_too_high"
HARMLESS = frozenset(("slow_conv_loop", "overfitting"))
"""Findings that have a word of their own, or cost time only."""


def learns_nothing(score: Score, *, is_higher_better: bool) -> bool:
    """Whether the score, by its interval, is no better than the guess that ignores the inputs."""
    if score.baseline is None or score.test is None:
        return False
    low = score.ci_low if score.ci_low is not None else score.test
    high = score.ci_high if score.ci_high is not None else score.test
    return low <= score.baseline if is_higher_better else high >= score.baseline


def verdict_of(  # noqa: PLR0911 - one word a line
    trained: Trained,
    findings: Sequence[Finding],
    *,
    has_learnt: bool,
    still_falls: bool,
) -> Verdict:
    """The first word that applies."""
    codes = {finding.code for finding in findings}
    if trained.stopped == "nonfinite" or HIGH_RATE in codes:
        return "diverged"
    if not has_learnt:
        # Time that ended while the loss fell, or before the first step, says nothing of the model.
        is_cut_short = trained.stopped == "budget" and (still_falls or not trained.step)
        return "stopped_by_budget" if is_cut_short else "no_learning"
    if "overfitting" in codes:
        return "overfitting"
    if codes - HARMLESS:
        return "failed_checks"
    if still_falls and trained.stopped != "early":
        return "still_improving"
    if trained.stopped == "budget":
        return "stopped_by_budget"
    return "converged" if "slow_conv_loop" not in codes else "failed_checks"
