"""Do the residuals look like noise? Runs in the worker."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.robust_loss import robust_sd

FEWEST = 8
MOST_TESTED = 5000
GROSS = 5.0
"""Robust standard deviations beyond which a residual is an outlier; at 3.5 chance alone gives one
in 300."""
CHANCE = 0.005
"""Of one row beyond the limit, on either side, where the residuals are normal."""
LARGEST_SHARE = 0.2
MOST_NAMED = 10


@dataclass(frozen=True)
class ResidualTests:
    """What the weighted residuals say; None where they are too few or are rounding noise.

    Attributes:
        runs_p: One-sided, of so few runs of one sign along x.
        durbin_watson: Near 2 for independent residuals, towards 0 for a trend.
        durbin_watson_p: One-sided, of positive correlation.
        normality_p: Shapiro and Wilk.
        outliers: Positions of the residuals that lie apart, the largest first.
        is_uneven: More lie apart than outliers can be, or their size grows with the fit.
    """

    runs_p: float | None = None
    durbin_watson: float | None = None
    durbin_watson_p: float | None = None
    normality_p: float | None = None
    outliers: tuple[int, ...] = ()
    is_uneven: bool = False


def residual_tests(r: Floats, x: Floats, fitted: Floats, scale: float, p: int) -> ResidualTests:
    """Run all tests.

    Args:
        r: Weighted residuals, shape (n,).
        x: What they are ordered by, shape (n,).
        fitted: Values of the model.
        scale: Residuals of this size are rounding.
        p: Parameters that were fitted.
    """
    outliers, is_uneven = gross(r, scale, p)
    if r.size < FEWEST or np.abs(r).max() <= scale:
        return ResidualTests(outliers=outliers, is_uneven=is_uneven)
    ordered = r[np.argsort(x, kind="stable")]
    watson = float((np.diff(ordered) ** 2).sum() / (ordered**2).sum())
    sample = r if r.size <= MOST_TESTED else r[np.linspace(0, r.size - 1, MOST_TESTED).astype(int)]
    grows = grows_with(np.abs(r), np.abs(fitted))
    return ResidualTests(
        runs_p=runs(ordered),
        durbin_watson=watson,
        # Its variance is near 4 / n where residuals are independent.
        durbin_watson_p=float(stats.norm.cdf((watson - 2) / (2 / np.sqrt(r.size)))),
        normality_p=shapiro_p(sample),
        outliers=() if grows else outliers,
        is_uneven=is_uneven or grows,
    )


def shapiro_p(sample: Floats) -> float:
    """Probability of such residuals if they are normal."""
    found: Any = stats.shapiro(sample)
    return float(found.pvalue)


def grows_with(size: Floats, fitted: Floats) -> bool:
    """Whether the residuals' size follows the fit's, by rank."""
    if size.size > MOST_TESTED or np.ptp(fitted) == 0 or np.ptp(size) == 0:
        return False
    slope: Any = stats.spearmanr(size, fitted)
    return bool(slope.statistic > 0.5 and slope.pvalue < 1e-2)  # noqa: PLR2004


def runs(ordered: Floats) -> float | None:
    """Probability of so few runs of one sign, by the normal approximation.

    Source:
        Wald and Wolfowitz, On a test whether two samples are from the same population (1940).
    """
    signs = ordered[ordered != 0] > 0
    above, below = int(signs.sum()), int((~signs).sum())
    n = above + below
    if min(above, below) < 3:  # noqa: PLR2004 - the approximation needs some of each
        return None
    count = 1 + int((signs[1:] != signs[:-1]).sum())
    mean = 1 + 2 * above * below / n
    variance = (mean - 1) * (mean - 2) / (n - 1)
    return float(stats.norm.cdf((count - mean) / np.sqrt(variance)))


def gross(r: Floats, scale: float, p: int) -> tuple[tuple[int, ...], bool]:
    """Positions of outliers, the largest first, and whether there are too many to be such."""
    if r.size < FEWEST:
        return (), False
    # A fit through few points draws the residuals together.
    sd = max(robust_sd(r) * np.sqrt(r.size / max(r.size - p, 1)), scale)
    # Among a million rows chance alone reaches five standard deviations.
    far = max(GROSS, float(stats.norm.isf(CHANCE / r.size)))
    apart = np.flatnonzero(np.abs(r) > far * sd)
    if apart.size > LARGEST_SHARE * r.size:
        return (), True
    return tuple(apart[np.argsort(-np.abs(r[apart]))].tolist()), False
