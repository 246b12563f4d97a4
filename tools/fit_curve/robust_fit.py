"""Fits under a loss that outliers cannot dominate. Runs in the worker."""

from dataclasses import dataclass, replace

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.levenberg_marquardt import Descent, descend, polish
from jax_workbench.tools.fit_curve.nlsq_engine import nlsq_descend
from jax_workbench.tools.fit_curve.objective import Objective
from jax_workbench.tools.fit_curve.robust_loss import TUNING, Loss, robust_sd
from jax_workbench.tools.fit_curve.solve import Solution

N_SCALINGS = 12
SETTLED = 1e-4


@dataclass(frozen=True)
class RobustFit:
    """The fit, the objective with its loss, and the residual's robust standard deviation."""

    solution: Solution
    objective: Objective
    sd: float


def fit_robustly(
    objective: Objective, solution: Solution, loss: str, *, sd_is_known: bool
) -> RobustFit:
    """Descend under `loss` from the least-squares answer and its rivals; the lowest end is kept.

    Where sigma is not known in absolute terms, the threshold follows the median absolute deviation
    of the residuals until it settles.

    Source:
        Huber, Robust Statistics (1981), section 7.8, for the alternation of scale and fit.
    """
    with np.errstate(all="ignore"):
        best: tuple[float, Descent, Objective, float] | None = None
        for theta in (solution.theta, *solution.rivals):
            end, under, sd = alternated(objective, theta, loss, sd_is_known=sd_is_known)
            # A smaller scale means that more of the data lies on the curve.
            rank = end.cost if sd_is_known else sd
            if np.isfinite(end.cost) and (best is None or rank < best[0]):
                best = (rank, end, under, sd)
        if best is None:
            return RobustFit(replace(solution, converged=False), objective, 0.0)
        _, end, under, sd = best
        found = nlsq_descend(objective.curve, objective.rows, end.theta, under.loss)
        if found is not None:
            other = descend(under, found)
            end = other if other.cost < end.cost * (1 - 1e-9) else end
        theta, step = polish(under, end.theta)
    settled = replace(
        solution,
        theta=theta,
        cost=under.local(theta).cost,
        iterations=solution.iterations + end.iterations,
        digits=float(np.clip(-np.log10(max(step, 1e-300)), 0, 16)),
        converged=end.converged,
        engine=f"{loss} loss, NLSQ and Levenberg-Marquardt",
        passed_over=None,
    )
    return RobustFit(settled, under, sd)


def alternated(
    objective: Objective, theta: Floats, loss: str, *, sd_is_known: bool
) -> tuple[Descent, Objective, float]:
    """Scale and fit in turn until the scale settles."""
    sd = 1.0 if sd_is_known else max(robust_sd(objective.residuals(theta)), floor(objective))
    under = objective.with_loss(Loss(loss, TUNING[loss] * sd))
    # Soft L1 has one minimum near any start; a redescending loss would keep the start's outliers.
    softly = objective.with_loss(Loss("soft_l1", TUNING["soft_l1"] * sd))
    end = descend(softly, theta)
    for _ in range(1 if sd_is_known else N_SCALINGS):
        if not sd_is_known:
            new = max(robust_sd(objective.residuals(end.theta)), floor(objective))
            settled, sd = abs(new - sd) <= SETTLED * sd, new
            if settled:
                break
        softly = objective.with_loss(Loss("soft_l1", TUNING["soft_l1"] * sd))
        end = descend(softly, end.theta)
    under = objective.with_loss(Loss(loss, TUNING[loss] * sd))
    return descend(under, end.theta), under, sd


def floor(objective: Objective) -> float:
    """The smallest scale that is more than rounding."""
    return 1e-12 * objective.scale / np.sqrt(max(objective.n, 1)) or 1e-300
