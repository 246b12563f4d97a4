"""When to look at times, what they say then, and whether that is enough. Runs in the timer."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from jax_workbench.tools.benchmark_fn.messages import ALPHA, ClockRatio, TimedPair
from jax_workbench.tools.benchmark_fn.statistics import (
    Stretches,
    holm_levels,
    min_detectable,
    more_seconds,
    stretches,
    verdict,
)

LOOKS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)


def looks_s(budget_s: float) -> list[float]:
    """Seconds of timing after which the intervals are looked at; the last is the whole budget."""
    return [at for at in LOOKS_S if at < budget_s] + [budget_s]


def levels_of_looks(n: int, alpha: float) -> list[float]:
    """Error that each of n looks may make: half of `alpha` the last, which sees the most."""
    if n == 1:
        return [alpha]
    return [alpha / 2 / (n - 1)] * (n - 1) + [alpha / 2]


def clock_ratios(
    times: Sequence[ArrayLike], effect: float, alpha: float, measured_s: float
) -> list[ClockRatio | None]:
    """One clock's ratio of each candidate over the baseline, judged as a family.

    Args:
        times: Of one call in each round, the baseline's first; each of shape (n,), in any unit.
        effect: Smallest relative change worth a verdict.
        alpha: Error that this look at all candidates may make.
        measured_s: Seconds of timing so far.

    Returns:
        One a candidate; None where the rounds are too few for an interval.
    """
    base, *candidates = times
    found = [stretches(base, candidate) for candidate in candidates]
    levels = holm_levels([1.0 if s is None else s.p_value(effect) for s in found], alpha)
    return [
        None if s is None else judged(s, effect, level, measured_s)
        for s, level in zip(found, levels, strict=True)
    ]


def judged(found: Stretches, effect: float, level: float, measured_s: float) -> ClockRatio:
    """One ratio with its interval at the level that its family and its look leave."""
    ratio, low, high = found.interval(level)
    word = verdict((ratio, low, high), effect)
    more = more_seconds(found, level, effect, measured_s) if word == "ambiguous" else None
    return ClockRatio(
        ratio=ratio,
        low=low,
        high=high,
        confidence=1 - ALPHA,
        verdict=word,
        min_detectable=min_detectable(found.half_width(level), effect),
        more_s=more,
    )


def is_settled(pair: TimedPair, *, by_cpu: bool) -> bool:
    """Whether a pair's verdict stands: by CPU time with wall time of the same sign, or by wall."""
    if pair.wall is None or pair.cpu is None:
        return False
    if not by_cpu:
        return pair.wall.verdict != "ambiguous"
    agree = (pair.wall.ratio - 1) * (pair.cpu.ratio - 1) > 0
    return pair.cpu.verdict == "same" or (pair.cpu.verdict != "ambiguous" and agree)
