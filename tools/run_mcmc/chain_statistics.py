"""arviz-stats under types: statistics of draws, energies and importance ratios. Runs in the worker.

Arrays of draws are (chains, draws) or (chains, draws, scalars). The library's own signatures lose
what its wrappers take and give, so its functions are named here once.
"""

from typing import Any

import numpy as np
from arviz_stats.base.array import array_stats
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

TAILS = (0.05, 0.95)
_AXES = {"chain_axis": 0, "draw_axis": 1}
_STATS: Any = array_stats


def rhat(draws: Floats) -> Floats:
    """Rank-normalised split R-hat of each scalar, the larger of bulk and folded."""
    return _floats(_STATS.rhat(draws, **_AXES))


def ess_bulk(draws: Floats) -> Floats:
    """Effective sample size for the mean of each scalar."""
    return _floats(_STATS.ess(draws, **_AXES))


def ess_tail(draws: Floats) -> Floats:
    """The smaller effective sample size of the 5 % and 95 % quantiles of each scalar."""
    return _floats(_STATS.ess(draws, method="tail", prob=TAILS, **_AXES))


def mcse_mean(draws: Floats) -> Floats:
    """Standard error of the mean of each scalar."""
    return _floats(_STATS.mcse(draws, **_AXES))


def tail_k(draws: Floats) -> Floats:
    """Pareto k of the draws themselves, the larger of both tails."""
    return _floats(_STATS.pareto_khat(draws, **_AXES))


def ebfmi(energy: Floats) -> Floats:
    """Energy Bayesian fraction of missing information, one a chain."""
    return _floats(_STATS.bfmi(energy, **_AXES))


def power_scaled(draws: Floats, lower: Floats, upper: Floats, alphas: tuple[float, float]) -> float:
    """Change of one scalar's distribution between two powers of a part of the density.

    `lower` and `upper` are importance weights for the powers `alphas`, each (chains, draws).
    """
    return float(_floats(_STATS.power_scale_sense(draws, lower, upper, *alphas, **_AXES))[0])


def smoothed_weights(log_ratios: Floats) -> Floats:
    """Pareto-smoothed importance weights, summing to one."""
    smoothed, _ = _STATS.psislw(log_ratios.ravel())
    weights = np.exp(_floats(smoothed))
    return (weights / weights.sum()).reshape(log_ratios.shape)


def loo_terms(log_likelihood: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected log density, Pareto k and effective parameters of each of the observations.

    Args:
        log_likelihood: Shape (observations, chains, draws).
    """
    elpd, k, p = _STATS.loo(log_likelihood)
    return _floats(elpd), _floats(k), _floats(p)


def loo_summary(elpd: Floats, p: Floats) -> tuple[float, float, float]:
    """Sum, its standard error, and the effective number of parameters."""
    total, error, p_loo, _ = _STATS.loo_summary(elpd, p)
    return float(total), float(error), float(p_loo)


def _floats(value: Any) -> Floats:
    return np.atleast_1d(np.asarray(value, np.float64))
