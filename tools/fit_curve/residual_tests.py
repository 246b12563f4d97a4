"""Do the residuals look like noise? Runs in the worker."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.robust_loss import robust_sd

FEWEST = 8
MOST_TESTED = 5000
GROSS = 5.0
"""Robust standard deviations beyond which a residual is an outlier; at 3.5 chance alone gives one
in 300."""
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


def test_residuals(r: Floats, x: Floats, fitted: Floats, scale: float) -> ResidualTests:
    """Run all tests.

    Args:
        r: Weighted residuals, shape (n,).
        x: What they are ordered by, shape (n,).
        fitted: Values of the model.
        scale: Residuals of this size are rounding.
    """
    outliers, is_uneven = gross(r, scale)
    if r.size < FEWEST or np.abs(r).max() <= scale:
        return ResidualTests(outliers=outliers, is_uneven=is_uneven)
    ordered = r[np.argsort(x, kind="stable")]
    watson = float((np.diff(ordered) ** 2).sum() / (ordered**2).sum())
    sample = r if r.size <= MOST_TESTED else r[np.linspace(0, r.size - 1, MOST_TESTED).astype(int)]
    slope = stats.spearmanr(np.abs(r), np.abs(fitted)) if r.size <= MOST_TESTED else None
    grows = slope is not None and slope.statistic > 0.4 and slope.pvalue < 1e-4  # noqa: PLR2004
    return ResidualTests(
        runs_p=runs(ordered),
        durbin_watson=watson,
        # Its variance is near 4 / n where residuals are independent.
        durbin_watson_p=float(stats.norm.cdf((watson - 2) / (2 / np.sqrt(r.size)))),
        normality_p=float(stats.shapiro(sample).pvalue),
        outliers=outliers,
        is_uneven=is_uneven or bool(grows),
    )


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


def gross(r: Floats, scale: float) -> tuple[tuple[int, ...], bool]:
    """Positions of outliers, the largest first, and whether there are too many to be such."""
    if r.size < FEWEST:
        return (), False
    sd = max(robust_sd(r), scale)
    apart = np.flatnonzero(np.abs(r) > GROSS * sd)
    if apart.size > LARGEST_SHARE * r.size:
        return (), True
    return tuple(apart[np.argsort(-np.abs(r[apart]))].tolist()), False
