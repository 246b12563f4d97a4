"""From block times to ratios, intervals and verdicts. Runs in the timer; knows no clock.

Times of neighbouring blocks are not independent, so intervals come from a few long stretches of
time: the middle third inside a stretch kills bursts, pairing kills drift, and the stretches are
nearly independent. Logarithms make faster and slower symmetric.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

from jax_workbench.tools.benchmark_fn import Verdict
from jax_workbench.tools.benchmark_fn.messages import ALPHA

type Array = np.ndarray[Any, Any]

N_STRETCHES = 12
MIN_PER_STRETCH = 3
MIN_STRETCHES = 5
MAX_MORE_S = 3600.0


@dataclass(frozen=True)
class Stretches:
    """Log-ratios of candidate over baseline, one a stretch of time, and what they say."""

    mean: float
    standard_error: float
    n: int

    def half_width(self, alpha: float) -> float:
        """Half of the two-sided Student interval of level 1 - alpha, in log units."""
        return float(stats.t.ppf(1 - alpha / 2, self.n - 1)) * self.standard_error

    def interval(self, alpha: float) -> tuple[float, float, float]:
        """Ratio of times, and its interval of level 1 - alpha."""
        half = self.half_width(alpha)
        centre = self.mean
        return float(np.exp(centre)), float(np.exp(centre - half)), float(np.exp(centre + half))

    def p_value(self, effect: float) -> float:
        """Smallest alpha at which the interval decides: slower, faster or same."""
        edge = float(np.log1p(effect))
        if self.standard_error <= 0:
            return 0.0 if abs(abs(self.mean) - edge) > 0 else 1.0
        # |mean| beyond the edge speaks for a difference, inside it for none: one distance each.
        distance = abs(abs(self.mean) - edge) / self.standard_error
        return float(min(1.0, 2 * stats.t.sf(distance, self.n - 1)))


def stretches(base: ArrayLike, candidate: ArrayLike) -> Stretches | None:
    """Summarise time-ordered pairs of block times; None if they are too few for an interval.

    Up to 12 stretches of at least 3 pairs; with fewer pairs fewer stretches; below 15 pairs each
    pair is a stretch.

    Args:
        base: Shape (n,), time of one call in each block of the baseline, in any unit.
        candidate: Shape (n,), the same of the candidate, measured in the same rounds.

    Source:
        Student's t over batch means: Conway, Some tactical problems in digital simulation,
        Management Science 10 (1963); means of the middle third in place of means, since host noise
        comes in bursts. On series of busy hosts they vary a seventh less than medians.
    """
    pairs = np.asarray([candidate, base], float)
    # A coarse clock may not move during a block; its zero says nothing of a ratio.
    above, below = np.log(pairs[:, np.all(pairs > 0, axis=0)])
    ratios = above - below
    centres = stretch_middles(ratios)
    if centres is None:
        return None
    error = float(centres.std(ddof=1) / np.sqrt(len(centres)))
    return Stretches(float(centres.mean()), error, len(centres))


def stretch_medians(values: Array) -> Array | None:
    """Median of each stretch of time-ordered values; None if there are fewer than 5."""
    cut = in_stretches(values)
    return None if cut is None else np.median(cut, axis=1)


def stretch_middles(values: Array) -> Array | None:
    """Mean of the middle third of each stretch; None if there are fewer than 5 values."""
    cut = in_stretches(values)
    if cut is None:
        return None
    length = cut.shape[1]
    trimmed = length // 3
    return np.sort(cut, axis=1)[:, trimmed : length - trimmed].mean(axis=1)


def in_stretches(values: Array) -> Array | None:
    """Time-ordered values, shape (n,), as (stretches, length); None if there are fewer than 5."""
    if len(values) < MIN_STRETCHES:
        return None
    n_stretches = min(N_STRETCHES, len(values) // MIN_PER_STRETCH)
    if n_stretches < MIN_STRETCHES:
        return values.reshape(-1, 1)
    length = len(values) // n_stretches
    return values[: n_stretches * length].reshape(n_stretches, length)


def paired_ratio(
    base: ArrayLike, candidate: ArrayLike, alpha: float = ALPHA
) -> tuple[float, float, float] | None:
    """Ratio of candidate over baseline and its interval, or None where pairs are too few."""
    found = stretches(base, candidate)
    return None if found is None else found.interval(alpha)


def verdict(interval: tuple[float, float, float], effect: float) -> Verdict:
    """Judge an interval of a time ratio; changes smaller than `effect` are not worth a word."""
    _, low, high = interval
    if low > 1 + effect:
        return "slower"
    if high < 1 / (1 + effect):
        return "faster"
    return "same" if low > 1 / (1 + effect) and high < 1 + effect else "ambiguous"


def holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """Error level at which each comparison of a family is judged.

    The smallest p-value is judged at alpha / m, the next at alpha / (m - 1), and so on; from the
    first that fails, all others are judged at its level, where they fail too.

    Source:
        Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979).
    """
    m = len(p_values)
    levels = [0.0] * m
    level = alpha
    has_failed = False
    for rank, i in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        level = level if has_failed else alpha / (m - rank)
        has_failed = has_failed or p_values[i] > level
        levels[i] = level
    return levels


def min_detectable(half_width: float, effect: float) -> float:
    """Smallest relative change that a run of this precision could have called."""
    return float(np.expm1(half_width)) + effect


def more_seconds(found: Stretches, alpha: float, effect: float, measured_s: float) -> float | None:
    """Further seconds until the interval would decide, if nothing changes but its width.

    The width falls with the square root of time. None where it would take over an hour.
    """
    distance = abs(abs(found.mean) - float(np.log1p(effect)))
    half = found.half_width(alpha)
    if distance <= 0 or half <= 0:
        return None
    more = measured_s * ((half / distance) ** 2 - 1)
    return max(0.0, more) if more <= MAX_MORE_S else None


@dataclass(frozen=True)
class Centre:
    """Spread of block times, in their unit; the interval is of the median, at 95 %."""

    min: float
    q10: float
    median: float
    q90: float
    ci_low: float
    ci_high: float


def centre(times: ArrayLike, alpha: float = 0.05) -> Centre:
    """Quantiles of block times and an interval of their median.

    The interval is Student's over stretches, in logs; where blocks are too few, their range.
    """
    values = np.asarray(times, float)
    low, q10, median, q90, high = (float(q) for q in np.quantile(values, (0, 0.1, 0.5, 0.9, 1)))
    centres = stretch_medians(np.log(values))
    if centres is not None:
        error = float(centres.std(ddof=1) / np.sqrt(len(centres)))
        half = float(stats.t.ppf(1 - alpha / 2, len(centres) - 1)) * error
        low, high = median * float(np.exp(-half)), median * float(np.exp(half))
    return Centre(float(values.min()), q10, median, q90, low, high)
