"""One model fitted to the observations, with all that is known about the fit. In the worker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve import FitCurveAsk, Goodness
from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.goodness import goodness
from jax_workbench.tools.fit_curve.inference import Uncertainty, robust_variance, uncertainty
from jax_workbench.tools.fit_curve.levenberg_marquardt import free_to_move
from jax_workbench.tools.fit_curve.model import Model
from jax_workbench.tools.fit_curve.objective import Local, Objective
from jax_workbench.tools.fit_curve.observations import Observations
from jax_workbench.tools.fit_curve.profile_interval import profile_interval
from jax_workbench.tools.fit_curve.residual_tests import ResidualTests, residual_tests
from jax_workbench.tools.fit_curve.robust_loss import SQUARED
from jax_workbench.tools.fit_curve.solve import Solution

MOST_PROFILED_ROWS = 20_000
MOST_PROFILED = 16


class Refused(Exception):
    """These data cannot give an answer to this model."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        """`code` is that of a reason."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class Interval:
    """95 % interval of one parameter."""

    low: float | None
    high: float | None
    method: str


@dataclass(frozen=True)
class Fit:
    """One model at its optimum.

    Attributes:
        objective: With the loss that was minimised.
        moving: Parameters that no bound holds, (p,).
        residuals: Weighted, without the loss, (n,).
        threshold: Of the robust loss, in units of the weighted residual; 0 for the linear one.
        rounding: Weighted residuals of this size are rounding noise.
    """

    ask: FitCurveAsk
    model: Model
    curve: Curve
    observations: Observations
    objective: Objective
    solution: Solution
    local: Local
    spread: Uncertainty
    moving: Floats
    intervals: tuple[Interval, ...]
    goodness: Goodness
    tests: ResidualTests
    residuals: Floats
    fitted: Floats
    threshold: float
    rounding: float

    @property
    def theta(self) -> Floats:
        """The estimates, (p,)."""
        return self.solution.theta

    @property
    def is_absolute(self) -> bool:
        """Sigma is the true standard deviation."""
        return self.ask.sigma_kind == "absolute"


def described(  # noqa: PLR0913, PLR0917 - all that a fit consists of
    ask: FitCurveAsk,
    model: Model,
    curve: Curve,
    observations: Observations,
    objective: Objective,
    solution: Solution,
    threshold: float,
    say: Callable[[str], None],
) -> Fit:
    """Statistics of an optimum."""
    theta, n = solution.theta, observations.n
    plain = objective.with_loss(SQUARED)
    local = plain.local(theta)
    under = objective.local(theta)
    moving = free_to_move(under, theta, curve.low, curve.high, ())
    r = plain.residuals(theta)
    is_absolute = ask.sigma_kind == "absolute"
    variance = variance_under(objective, r) if threshold else None
    spread = uncertainty(local, moving, n, variance, is_absolute=is_absolute)
    rows = objective.rows
    fitted = plain.values(theta, rows.x)[0]
    rounding = 1e-12 * objective.scale / np.sqrt(n)
    order = order_of(observations, fitted)
    return Fit(
        ask,
        model,
        curve,
        observations,
        objective,
        solution,
        local,
        spread,
        moving,
        intervals(objective, solution, spread, moving, threshold, say),
        goodness(
            observations.y,
            fitted,
            rows.weight,
            local.cost,
            len(theta),
            is_absolute=is_absolute,
            is_robust=threshold > 0,
        ),
        residual_tests(r, order, fitted, rounding, len(theta)),
        r,
        fitted,
        threshold,
        rounding,
    )


def variance_under(objective: Objective, r: Floats) -> float:
    """Variance factor of the covariance under a robust loss; `r` are the weighted residuals."""
    psi, slope = objective.loss.influence(r)
    return robust_variance(r, psi, slope, objective.p)


def order_of(observations: Observations, fitted: Floats) -> Floats:
    """What residuals are ordered by, (n,): the predictor, set by set; of several, the fit."""
    order = observations.x[0] if len(observations.predictors) == 1 else fitted
    if observations.sets is None:
        return order
    return np.lexsort((order, observations.sets)).argsort().astype(float)


def intervals(  # noqa: PLR0913, PLR0917 - each decides which interval is right
    objective: Objective,
    solution: Solution,
    spread: Uncertainty,
    moving: Floats,
    threshold: float,
    say: Callable[[str], None],
) -> tuple[Interval, ...]:
    """Profile intervals where the quadratic misleads, else Wald's."""
    theta = solution.theta
    p = len(theta)
    profiling = (
        not threshold
        and objective.n <= MOST_PROFILED_ROWS
        and len(solution.linear) < p <= MOST_PROFILED
        and np.isfinite(spread.quantile)
        and not spread.null.size
        and spread.variance > 0
        and solution.cost > 1e-24 * objective.scale**2
    )
    found: list[Interval] = []
    for j in range(p):
        se = spread.se[j]
        if not (moving[j] and np.isfinite(se) and np.isfinite(spread.quantile)):
            found.append(Interval(None, None, "t"))
            continue
        ends = None
        if profiling and se > 0:
            say(f"profile of {objective.curve.names[j]}")
            with np.errstate(all="ignore"):
                ends = profile_interval(objective, theta, solution.cost, spread, j)
        half = float(spread.quantile * se)
        centre = float(theta[j])
        wald = Interval(centre - half, centre + half, "t")
        found.append(wald if ends is None else Interval(*ends, "profile"))
    return tuple(found)
