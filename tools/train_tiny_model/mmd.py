"""How far two sets of points are apart: the maximum mean discrepancy. Runs in the worker."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

type Floats = NDArray[np.float64]

FACTORS = (0.125, 0.25, 0.5, 1.0)
"""Kernel widths over the median distance."""
N_FOR_MEDIAN = 500


def bandwidths(points: Floats) -> list[float]:
    """Widths of the kernels, from the median distance of `points`, shape (n, d)."""
    some = points[:N_FOR_MEDIAN]
    distances = cdist(some, some)[np.triu_indices(len(some), 1)]
    return [factor * float(np.median(distances)) for factor in FACTORS]


def mmd2(a: Floats, b: Floats, widths: Sequence[float]) -> float:
    """Unbiased estimate of the squared discrepancy; near zero, also below, for equal laws.

    Source:
        A. Gretton et al., A Kernel Two-Sample Test (2012), equation 3.
    """
    within_a, within_b, across = kernel(a, a, widths), kernel(b, b, widths), kernel(a, b, widths)
    n, m = len(a), len(b)
    mean_a = (within_a.sum() - np.trace(within_a)) / (n * (n - 1))
    mean_b = (within_b.sum() - np.trace(within_b)) / (m * (m - 1))
    return float(mean_a + mean_b - 2 * across.mean())


def kernel(a: Floats, b: Floats, widths: Sequence[float]) -> Floats:
    """Mean of Gaussian kernels, shape (n, m)."""
    squares = cdist(a, b, "sqeuclidean")
    return np.mean([np.exp(-squares / (2 * width**2)) for width in widths], axis=0)


def gaussian_like(points: Floats, n: int, seed: int) -> Floats:
    """Samples of a normal law with the mean and covariance of `points`."""
    rng = np.random.default_rng([seed, 13])
    return rng.multivariate_normal(points.mean(0), np.cov(points.T), n)
