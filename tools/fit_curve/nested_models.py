"""Does the fit get by with fewer terms? Runs in the worker."""

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.fit import Fit
from jax_workbench.tools.fit_curve.goodness import akaike
from jax_workbench.tools.fit_curve.inference import p_values
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend

P_ZERO = 0.05
BETTER = 2.0
"""AICc by which a model with fewer terms must be better."""
MOST_PARAMETERS = 64
"""Of a model whose terms are left out one by one; each costs a fit."""
SMALL = 1e-3
"""Share of the range of y below which a term hardly shows."""


def superfluous(fit: Fit) -> list[str]:
    """Linear parameters whose terms the data do not need; empty where all are needed.

    Terms are set to zero from the least significant on, together with the parameters that lose
    their influence, as long as AICc gains. One superfluous offset alone is not reported.
    """
    if fit.threshold or fit.spread.dof < 1 or not np.isfinite(fit.goodness.aicc or np.inf):
        return []
    with np.errstate(all="ignore"):
        jacobian = fit.objective.values(fit.theta, fit.objective.rows.x)[1]
        candidates = insignificant_terms(fit)
        dropped: list[int] = []
        silenced: set[int] = set()
        theta, best = fit.theta, aicc_of(fit, fit.solution.cost, 0)
        gained = 0.0
        for j in candidates if len(fit.theta) <= MOST_PARAMETERS else ():
            trial = theta.copy()
            trial[j] = 0.0
            held = {*silenced, *dropped, j}
            held |= silent(fit, trial)
            end = descend(fit.objective, trial, held=tuple(sorted(held)), most_steps=100)
            value = aicc_of(fit, end.cost, len(held))
            if value is None or best is None or value >= best:
                continue
            gained += best - value
            theta, best = end.theta, value
            dropped.append(j)
            silenced = held
    small = [j for j in candidates if is_small(fit, jacobian, j) and is_varying(jacobian, j)]
    found = dropped if gained >= BETTER else []
    named = list(dict.fromkeys([*found, *small]))
    only_offset = len(named) == 1 and not is_varying(jacobian, named[0])
    return [] if only_offset else [fit.curve.names[j] for j in named]


def insignificant_terms(fit: Fit) -> list[int]:
    """Linear parameters that may be zero: those without an error, then the least significant."""
    p = p_values(fit.theta, fit.spread, is_absolute=fit.is_absolute)
    p = np.where(np.isfinite(p), p, 1.0)
    able = [j for j in fit.solution.linear if p[j] > P_ZERO]
    return sorted(able, key=lambda j: -p[j])


def silent(fit: Fit, theta: Floats) -> set[int]:
    """Parameters without influence at `theta`."""
    r = fit.objective.local(theta).r
    norms = np.linalg.norm(r, axis=0)
    return set(np.flatnonzero(norms <= 1e-14 * norms.max()).tolist())


def is_small(fit: Fit, jacobian: Floats, j: int) -> bool:
    """Whether the term never makes a thousandth of the range of y."""
    y = fit.observations.y
    return bool(np.abs(jacobian[:, j] * fit.theta[j]).max() < SMALL * (y.max() - y.min()))


def is_varying(jacobian: Floats, j: int) -> bool:
    """Whether the term is more than an offset."""
    column = jacobian[:, j]
    return bool(np.ptp(column) > 1e-9 * np.abs(column).max())


def aicc_of(fit: Fit, cost: float, n_dropped: int) -> float | None:
    """AICc of the fit with so many parameters less."""
    n, p = fit.observations.n, len(fit.theta) - n_dropped
    k = p if fit.is_absolute else p + 1
    aic = akaike(cost, n, p, is_absolute=fit.is_absolute)
    return aic + 2 * k * (k + 1) / (n - k - 1) if aic is not None and n > k + 1 else None
