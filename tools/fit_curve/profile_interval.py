"""Intervals from the sum of squares itself, where the quadratic misleads. Runs in the worker."""

import math

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.inference import Uncertainty
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend
from jax_workbench.tools.fit_curve.objective import Objective

TOLERANCE = 0.1
"""Share by which the cost at +-1 se may differ from what the quadratic says."""
FARTHEST = 40.0
"""Standard errors after which a side counts as open."""
GROWTH = 1.7
STEEP = 1.5
"""Times the quadratic's rise above which a descent may have ended in another valley."""
MOST_STEPS = 100
MOST_CLOSING = 40
CLOSE = 1e-4
"""Share of an end's distance from the estimate to which the end is found."""


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
    se, variance = float(spread.se[j]), spread.variance
    sides = [Side(objective, theta, cost, spread, j, sign) for sign in (-1, 1)]
    gaps = [side.rise(se) - variance for side in sides]
    if all(abs(gap) <= TOLERANCE * variance for gap in gaps):
        return None
    target = variance * spread.quantile**2
    low, high = (side.crossing(se * spread.quantile, target, FARTHEST * se) for side in sides)
    return low, high


class Side:
    """How the cost rises when one parameter moves one way and the others follow."""

    def __init__(  # noqa: PLR0913, PLR0917 - the point, and which way from it
        self,
        objective: Objective,
        theta: Floats,
        cost: float,
        spread: Uncertainty,
        j: int,
        sign: int,
    ) -> None:
        """`sign` is 1 for larger values of parameter `j`, -1 for smaller ones."""
        self._objective = objective
        self._theta = theta
        self._cost = cost
        self._j = j
        self._sign = sign
        free = objective.curve.free[j]
        self.room = float((free.high - theta[j]) if sign > 0 else (theta[j] - free.low))
        tangent = sign * spread.covariance[:, j] / spread.covariance[j, j]
        self._curvature = spread.variance / float(spread.se[j]) ** 2
        self._path = [(0.0, theta, tangent)]

    def rise(self, distance: float) -> float:
        """Rise of the cost at that distance; infinite beyond the bounds.

        The others start where the valley leads from the nearest point known: from the optimum
        itself a descent may end in another valley, behind a pole of the model for instance.
        """
        if distance > self.room:
            return math.inf
        known = [point for point in self._path if point[0] < distance]
        at, from_theta, slope = max(known, key=lambda point: point[0])
        cost, end = self._descent(from_theta + (distance - at) * slope, distance)
        if cost - self._cost > STEEP * self._curvature * distance**2:
            other = self._descent(from_theta, distance)
            cost, end = min((cost, end), other, key=lambda pair: pair[0])
        if not math.isfinite(cost):
            return math.inf
        self._path.append((distance, end, (end - from_theta) / (distance - at)))
        return max(cost - self._cost, 0.0)

    def _descent(self, start: Floats, distance: float) -> tuple[float, Floats]:
        trial = start.copy()
        trial[self._j] = self._theta[self._j] + self._sign * distance
        end = descend(self._objective, trial, held=(self._j,), most_steps=MOST_STEPS)
        return (end.cost if np.isfinite(end.cost) else math.inf), end.theta

    def crossing(self, first: float, target: float, farthest: float) -> float | None:
        """Value of the parameter where the rise meets `target`; None where it does not."""
        inner, inner_root, outer = 0.0, 0.0, min(first, self.room)
        while (value := self.rise(outer)) < target:
            if outer >= min(self.room, farthest):
                return None
            inner, inner_root, outer = outer, math.sqrt(value), min(GROWTH * outer, self.room)
        goal, outer_root = math.sqrt(target), math.sqrt(value)
        for _ in range(MOST_CLOSING):
            if outer - inner <= CLOSE * outer:
                break
            # The root of the rise is nearly straight; a step kept off the ends closes both.
            share = (goal - inner_root) / (outer_root - inner_root)
            share = min(max(share, 0.05), 0.95) if math.isfinite(outer_root) else 0.5
            middle = inner + share * (outer - inner)
            root = math.sqrt(self.rise(middle))
            if root >= goal:
                outer, outer_root = middle, root
            else:
                inner, inner_root = middle, root
        if not math.isfinite(outer_root):
            return None
        share = (goal - inner_root) / (outer_root - inner_root)
        return float(self._theta[self._j] + self._sign * (inner + share * (outer - inner)))
