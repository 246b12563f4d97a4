"""How time grows with a swept size: exponents of cost, with intervals. Runs in the server; light.

Only times well above the cost of a call count: below, the exponent is that of calling.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MIN_POINTS = 3
FLOORS = 5.0
"""A time below that many dispatch floors is left out."""
NORMAL_95 = 1.959964
STUDENT_95 = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004)
"""Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom."""


@dataclass(frozen=True)
class Point:
    """Time of one call at one size, in microseconds, with its 95 % interval and its floor."""

    size: int
    us: float
    low_us: float
    high_us: float
    floor_us: float

    @property
    def counts(self) -> bool:
        """Whether the time is mostly the program's own."""
        return self.us >= FLOORS * self.floor_us and self.low_us > 0

    @property
    def log_error(self) -> float:
        """Standard error of the logarithm of the time."""
        return max(math.log(self.high_us / self.low_us) / (2 * NORMAL_95), 1e-4)


@dataclass(frozen=True)
class Exponent:
    """p of time ~ size**p, its 95 % interval, and the range of sizes that it holds for."""

    exponent: float
    low: float
    high: float
    first: int
    last: int


def exponent_of(points: Sequence[Point]) -> Exponent | None:
    """Fit log time on log size, weighted; None where fewer than three times count.

    Where the points lie further from a line than their errors allow, the interval is widened by
    Birge's ratio and takes Student's quantile: the cost is no pure power, or the host disturbed.

    Source:
        Weighted least squares; Birge, The calculation of errors by the method of least squares,
        Physical Review 40 (1932).
    """
    used = [point for point in sorted(points, key=lambda p: p.size) if point.counts]
    if len(used) < MIN_POINTS:
        return None
    x = [math.log(point.size) for point in used]
    y = [math.log(point.us) for point in used]
    weights = [point.log_error**-2 for point in used]
    total = sum(weights)
    x_mean = sum(w * a for w, a in zip(weights, x, strict=True)) / total
    y_mean = sum(w * b for w, b in zip(weights, y, strict=True)) / total
    spread = sum(w * (a - x_mean) ** 2 for w, a in zip(weights, x, strict=True))
    slope = (
        sum(w * (a - x_mean) * (b - y_mean) for w, a, b in zip(weights, x, y, strict=True)) / spread
    )
    chi2 = sum(
        w * (b - y_mean - slope * (a - x_mean)) ** 2 for w, a, b in zip(weights, x, y, strict=True)
    )
    dof = len(used) - 2
    birge = math.sqrt(chi2 / dof)
    half = NORMAL_95 / math.sqrt(spread)
    if birge > 1:
        half = STUDENT_95[min(dof, len(STUDENT_95)) - 1] * birge / math.sqrt(spread)
    return Exponent(slope, slope - half, slope + half, used[0].size, used[-1].size)
