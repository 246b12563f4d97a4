"""Figures of the whole fit: chi2, R2, information criteria. Runs in the worker."""

import numpy as np
from scipy import stats

from jax_workbench.tools.fit_curve import Goodness
from jax_workbench.tools.fit_curve.curve import Floats


def goodness(  # noqa: PLR0913 - each is one figure that the fit rests on
    y: Floats,
    fitted: Floats,
    weight: Floats,
    cost: float,
    p: int,
    *,
    is_absolute: bool,
    is_robust: bool,
) -> Goodness:
    """Put the figures together; None where one does not exist.

    `cost` is the weighted sum of squares (of distances, where x has errors), `p` counts the
    parameters that were fitted. `is_absolute`: the weights are 1 / sigma, with sigma the true
    standard deviation. `is_robust`: information criteria have no likelihood to rest on.

    Source:
        Burnham and Anderson, Model Selection and Multimodel Inference (2002), sections 2.2 to 2.4;
        the variance counts as a parameter where it is estimated.
    """
    n = y.size
    dof = n - p
    rss = float(((y - fitted) ** 2).sum())
    mean = float((weight**2 * y).sum() / (weight**2).sum())
    total = float((weight**2 * (y - mean) ** 2).sum())
    left = float((weight**2 * (y - fitted) ** 2).sum())
    # A constant y leaves rounding noise about its mean.
    varies = total > 1e-28 * float((weight**2 * y**2).sum())
    r2 = 1 - left / total if varies else None
    aic = None if is_robust else akaike(cost, n, p, is_absolute=is_absolute)
    k = p if is_absolute else p + 1
    return Goodness(
        n=n,
        n_parameters=p,
        dof=dof,
        rss=rss,
        rmse=float(np.sqrt(rss / n)),
        chi2_reduced=cost / dof if dof > 0 else None,
        p_chi2=float(stats.chi2.sf(cost, dof)) if is_absolute and dof > 0 else None,
        r2=r2,
        adj_r2=1 - (1 - r2) * (n - 1) / dof if r2 is not None and dof > 0 else None,
        aic=aic,
        aicc=aic + 2 * k * (k + 1) / (n - k - 1) if aic is not None and n > k + 1 else None,
        bic=aic + k * (np.log(n) - 2) if aic is not None else None,
    )


def akaike(cost: float, n: int, p: int, *, is_absolute: bool) -> float | None:
    """AIC; None for a perfect fit, whose likelihood has no bound."""
    if is_absolute:
        return cost + 2 * p
    return float(n * np.log(cost / n) + 2 * (p + 1)) if cost > 0 else None
