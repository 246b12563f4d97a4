"""Standard errors, covariance and what the data cannot determine, from one triangle. Worker."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.objective import Local

NULL = 1e-10
"""Singular values below this share of the largest say nothing about their direction."""
LOOSE = 1e-6


@dataclass(frozen=True)
class Uncertainty:
    """What the data say about the parameters that may move.

    Attributes:
        covariance: (p, p); zero in the parameters that are on a bound, and in null directions.
        se: (p,); nan where the data say nothing, and on a bound.
        null: Directions along which the fit does not change, (k, p), in units of the parameters.
        condition: Of the column-scaled Jacobian; inf where it lacks rank.
        unused: Parameters on which no value depends.
        quantile: Half width of the 95 % interval in standard errors; nan without freedom.
        variance: By which the covariance of unit weights was multiplied.
    """

    covariance: Floats
    se: Floats
    null: Floats
    condition: float
    unused: Floats
    quantile: float
    variance: float
    dof: int

    @property
    def correlation(self) -> Floats:
        """(p, p); nan where there is no standard error."""
        outer = np.outer(self.se, self.se)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(outer > 0, self.covariance / outer, np.nan)


def uncertainty(
    local: Local, moving: Floats, n: int, variance: float | None, *, is_absolute: bool
) -> Uncertainty:
    """Factorise the scaled triangle once more.

    Args:
        local: At the optimum.
        moving: Which parameters are not held by a bound, (p,).
        n: Observations.
        variance: Of unit weight; None for cost / dof.
        is_absolute: sigma is known, so that the normal distribution replaces Student's.

    Source:
        Seber and Wild, Nonlinear Regression (1989), sections 2.1.2 and 3.4; the factorisation
        avoids J'J, which would halve the digits.
    """
    p = local.r.shape[0]
    dof = n - p
    unit = 1.0 if is_absolute else local.cost / dof if dof > 0 else np.nan
    factor = unit if variance is None else variance
    a = local.r[:, moving]
    norms = np.linalg.norm(a, axis=0)
    largest = norms.max(initial=0.0)
    scaled = a / np.where(norms == 0, 1, norms)
    _, s, vt = np.linalg.svd(scaled, full_matrices=False)
    keep = s > NULL * s[0] if s.size else np.zeros(0, bool)
    norms = np.where(norms == 0, 1, norms)
    half = vt[keep] / s[keep, None]
    inside = (half.T @ half) * factor / np.outer(norms, norms)
    # A column of zeros is a direction of its own.
    loose = np.linalg.norm(vt[~keep], axis=0) > LOOSE
    covariance, se = np.zeros((p, p)), np.full(p, np.nan)
    covariance[np.ix_(moving, moving)] = inside
    se[moving] = np.where(loose, np.nan, np.sqrt(np.maximum(np.diag(inside), 0)))
    null = np.zeros((int((~keep).sum()), p))
    null[:, moving] = vt[~keep] / norms
    unused = np.zeros(p, bool)
    unused[moving] = np.linalg.norm(a, axis=0) <= 1e-300 + 1e-290 * largest
    condition = float(s[0] / s[-1]) if s.size and s[-1] > 0 and keep.all() else np.inf
    normal = float(stats.norm.ppf(0.975))
    quantile = normal if is_absolute else float(stats.t.ppf(0.975, dof)) if dof > 0 else np.nan
    return Uncertainty(covariance, se, null, condition, unused, quantile, factor, dof)


def p_values(theta: Floats, spread: Uncertainty, *, is_absolute: bool) -> Floats:
    """Probability of an estimate so far from zero if the parameter were zero; nan without se."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.abs(theta) / spread.se
    if is_absolute:
        return np.asarray(2 * stats.norm.sf(ratio))
    return np.asarray(2 * stats.t.sf(ratio, max(spread.dof, 1)))


def robust_variance(r: Floats, psi: Floats, slope: Floats, p: int) -> float:
    """Variance factor of an M-estimator's covariance, for (J'J)^-1 of the scaled Jacobian.

    Source:
        Huber, Robust Statistics (1981), equation 7.6.11 with its correction K.
    """
    n = r.size
    mean = float(slope.mean())
    if n <= p or mean <= 0:
        return np.nan
    correction = 1 + p / n * float(slope.var()) / mean**2
    return correction**2 * float((psi**2).sum()) / (n - p) / mean**2
