"""Intervals from the sum of squares itself, where the quadratic misleads. Runs in the worker."""

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.inference import Uncertainty
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend
from jax_workbench.tools.fit_curve.objective import Objective

TOLERANCE = 0.1
"""Share by which the cost at +-1 se may differ from what the quadratic says."""
FARTHEST = 40.0
"""Standard errors after which a side counts as open."""
N_HALVINGS = 30


def profile_interval(
    objective: Objective, theta: Floats, cost: float, spread: Uncertainty, j: int
) -> tuple[float | None, float | None] | None:
    """Ends of {theta_j: cost(theta_j) <= cost + s^2 q^2}, the others refitted.

    Returns:
        None where the quadratic holds, so that the Wald interval does; else the two ends, None for
        one that never closes or leaves the bounds.

    Source:
        Bates and Watts, Nonlinear Regression Analysis and Its Applications (1988), section 6.1.2.
    """
    rise = _Rise(objective, theta, cost, j)
    se, variance = float(spread.se[j]), spread.variance
    gaps = [rise.at(sign * se) - variance for sign in (-1, 1)]
    if all(abs(gap) <= TOLERANCE * variance for gap in gaps):
        return None
    target = variance * spread.quantile**2
    low, high = (_crossing(rise, sign * se * spread.quantile, target, se) for sign in (-1, 1))
    return low, high


class _Rise:
    """How much the cost rises when one parameter is moved and the others follow."""

    def __init__(self, objective: Objective, theta: Floats, cost: float, j: int) -> None:
        self._objective = objective
        self.theta = theta
        self._cost = cost
        self.j = j
        self._last = theta

    def at(self, shift: float) -> float:
        """Rise at theta_j + shift; infinite outside the bounds."""
        free = self._objective.curve.free[self.j]
        value = self.theta[self.j] + shift
        if not free.low <= value <= free.high:
            return np.inf
        ends: list[float] = []
        for start in (self._last, self.theta):
            trial = start.copy()
            trial[self.j] = value
            end = descend(self._objective, trial, held=(self.j,), most_steps=60)
            ends.append(end.cost)
            if np.isfinite(end.cost):
                self._last = end.theta
                break
        return ends[-1] - self._cost


def _crossing(rise: _Rise, first: float, target: float, se: float) -> float | None:
    """Where the rise meets `target`, on the side of `first`."""
    inner, outer = 0.0, first
    while not (value := rise.at(outer)) >= target:
        inner, outer = outer, 1.7 * outer
        if abs(outer) > FARTHEST * se or np.isnan(value):
            return None
    for _ in range(N_HALVINGS):
        middle = (inner + outer) / 2
        if rise.at(middle) >= target:
            outer = middle
        else:
            inner = middle
        if abs(outer - inner) <= 1e-4 * abs(outer):
            break
    at_wall = np.isinf(rise.at(outer)) and rise.at(inner) < 0.99 * target
    return None if at_wall else float(rise.theta[rise.j] + (inner + outer) / 2)
