"""Draws starting points whose scale follows from the model's own dimensions. Runs in the worker."""

from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.dimensions import Dimensions

MIXED = 0.1
"""Share of every column that is drawn from the mixture, whatever its dimensions say."""
NEGATIVE = 0.3


@dataclass(frozen=True)
class Reach:
    """Extent of one predictor."""

    low: float
    high: float
    largest: float
    nyquist: float

    @property
    def width(self) -> float:
        """Range."""
        return self.high - self.low


def reach_of(x: Floats) -> Reach:
    """Range, largest magnitude and angular Nyquist frequency of a predictor's values."""
    low, high = float(x.min()), float(x.max())
    distinct = np.unique(x)
    spacing = float(np.median(np.diff(distinct))) if distinct.size > 1 else 1.0
    largest = max(abs(low), abs(high)) or 1.0
    width = high - low or largest
    return Reach(low, low + width, largest, np.pi / spacing if spacing > 0 else 1 / largest)


class Proposals:
    """Random vectors of the parameters in which the model is not linear."""

    def __init__(
        self, curve: Curve, dimensions: Dimensions, x: Floats, rng: np.random.Generator
    ) -> None:
        """`x` are the predictors of the fit, shape (rows, n)."""
        self._curve = curve
        self._dimensions = dimensions
        self._reaches = [reach_of(x[k]) for k in range(curve.n_predictors)]
        self._rng = rng
        self._starts = np.full(len(curve.free), np.nan)

    def hold(self, starts: Floats) -> None:
        """Draw half of each column around the start that was given for it; nan where none was."""
        self._starts = starts

    def draw(self, count: int, nonlinear: list[int]) -> Floats:
        """Shape (count, p); zero in the linear parameters."""
        theta = np.zeros((count, len(self._curve.free)))
        for j in nonlinear:
            column = self._column(j, count)
            mixed = self._rng.random(count) < MIXED
            column[mixed] = self._mixture(int(mixed.sum()))
            if np.isfinite(start := self._starts[j]):
                near = start * self._decades(-0.5, 0.5, count) if start else column
                column = np.where(self._rng.random(count) < 0.5, near, column)  # noqa: PLR2004
            theta[:, j] = self._inside(column, j)
        return theta

    def _column(self, j: int, count: int) -> Floats:
        powers, shifts = self._dimensions.power[:, j], self._dimensions.shift[:, j]
        carrying = [k for k, power in enumerate(powers) if abs(power) > 1e-6]  # noqa: PLR2004
        if len(carrying) == 1 and not np.isnan(powers).any():
            k = carrying[0]
            return self._signed(*self._by_power(powers[k], shifts[k], self._reaches[k], count))
        if not carrying:
            return self._signed(self._order_one(count), is_signed=False)
        if np.isnan(powers).any():
            return self._mixture(count)
        size = np.prod([r.largest**p for r, p in zip(self._reaches, powers, strict=True)])
        return self._signed(size * self._decades(-1.5, 1.5, count), is_signed=False)

    def _by_power(
        self, power: float, shift: float, reach: Reach, count: int
    ) -> tuple[Floats, bool]:
        """Draws, and whether their sign is settled."""
        if abs(power - 1) < 1e-6 and abs(abs(shift) - 1) < 1e-6:  # noqa: PLR2004
            return self._location(reach, float(np.sign(shift)), count), True
        if abs(power - 1) < 1e-6:  # noqa: PLR2004
            return self._width(reach, count), False
        if abs(power + 1) < 1e-6:  # noqa: PLR2004
            return self._rate(reach, count), False
        return reach.largest**power * self._decades(-1.5, 1.5, count), False

    def _signed(self, draws: Floats, is_signed: bool) -> Floats:  # noqa: FBT001 - passed on
        if is_signed:
            return draws
        return draws * np.where(self._rng.random(draws.size) < NEGATIVE, -1, 1)

    def _decades(self, low: float, high: float, count: int) -> Floats:
        return 10 ** self._rng.uniform(low, high, count)

    def _choice(self, shares: list[float], options: list[Floats]) -> Floats:
        which = self._rng.choice(len(shares), options[0].size, p=shares)
        return np.choose(which, options)

    def _location(self, reach: Reach, sign: float, count: int) -> Floats:
        margin = 0.05 * reach.width
        inside = sign * self._rng.uniform(reach.low - margin, reach.high + margin, count)
        wide = self._decades(-2.5, 2.5, count) * reach.largest
        return self._choice([0.75, 0.25], [inside, self._signed(wide, is_signed=False)])

    def _width(self, reach: Reach, count: int) -> Floats:
        inside = reach.width * self._decades(-2.2, 0.3, count)
        return self._choice([0.75, 0.25], [inside, reach.largest * self._decades(-2.5, 2.5, count)])

    def _rate(self, reach: Reach, count: int) -> Floats:
        usual = self._decades(-1, 1.7, count) / reach.largest
        frequency = self._rng.uniform(0, reach.nyquist / 2, count)
        wide = self._decades(-2.5, 2.5, count) / reach.largest
        return self._choice([0.6, 0.2, 0.2], [usual, frequency, wide])

    def _order_one(self, count: int) -> Floats:
        near, wide = self._decades(-1, 1, count), self._decades(-2.5, 2.5, count)
        return self._choice([0.6, 0.4], [near, wide])

    def _mixture(self, count: int) -> Floats:
        reach = self._reaches[int(self._rng.integers(len(self._reaches)))]
        powers = reach.largest ** self._rng.choice([-3.0, -2.0, 2.0], count)
        options = [
            self._signed(reach.largest * self._decades(-2.5, 2.5, count), is_signed=False),
            self._signed(self._rate(reach, count), is_signed=False),
            self._location(reach, 1.0, count),
            self._signed(self._width(reach, count), is_signed=False),
            self._signed(powers * self._decades(-1.5, 1.5, count), is_signed=False),
            self._signed(self._order_one(count), is_signed=False),
        ]
        return self._choice([0.2, 0.25, 0.2, 0.15, 0.1, 0.1], options)

    def _inside(self, column: Floats, j: int) -> Floats:
        """Draws outside the bounds are drawn anew between them, or folded at the one there is."""
        low, high = self._curve.free[j].low, self._curve.free[j].high
        outside = (column < low) | (column > high)
        if np.isfinite(low) and np.isfinite(high):
            fresh = self._rng.uniform(low, high, column.size)
            if low > 0:
                decades = self._rng.uniform(np.log10(low), np.log10(high), column.size)
                fresh = np.where(self._rng.random(column.size) < 0.5, 10**decades, fresh)  # noqa: PLR2004
        elif np.isfinite(low):
            fresh = low + np.abs(column - low)
        elif np.isfinite(high):
            fresh = high - np.abs(column - high)
        else:
            return column
        return np.where(outside, fresh, column) if outside.any() else column
