"""R-hat, effective sample sizes and moments of each scalar. Runs in the worker.

By arviz-stats: rank-normalised split R-hat and bulk and tail effective sample size of Vehtari,
Gelman, Simpson, Carpenter, Bürkner, "Rank-normalization, folding, and localization" (2021).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc import Parameter, chain_statistics
from jax_workbench.tools.run_mcmc.scalars import Scalars

MAX_JUDGED = 300
"""Scalars that are diagnosed in full, at 5 ms each."""
MIN_DRAWS = 4
"""Draws a chain below which nothing can be said."""
LARGEST = 1e100
"""Beyond it a draw is no number of use, and sums of squares overflow."""


@dataclass(frozen=True)
class Diagnosis:
    """What is known of each judged scalar; nan where a number does not exist."""

    scalars: Scalars
    n_scalars: int
    """Of the whole posterior; only some of them may be judged."""
    rhat: NDArray[np.float64]
    ess_bulk: NDArray[np.float64]
    ess_tail: NDArray[np.float64]
    mcse: NDArray[np.float64]
    is_finite: NDArray[np.bool_]
    is_constant: NDArray[np.bool_]

    @property
    def is_judged(self) -> NDArray[np.bool_]:
        """Neither constant nor infinite."""
        return self.is_finite & ~self.is_constant

    @property
    def worst_rhat(self) -> float:
        """Largest R-hat; nan where there is none."""
        return float(np.nanmax(self.rhat, initial=-math.inf)) if self._any() else math.nan

    @property
    def least_ess(self) -> float:
        """Smallest bulk or tail effective sample size."""
        both = np.concatenate([self.ess_bulk, self.ess_tail])
        return float(np.nanmin(both)) if np.isfinite(both).any() else math.nan

    def _any(self) -> bool:
        return bool(np.isfinite(self.rhat).any())


def diagnose(scalars: Scalars) -> Diagnosis:
    """Diagnose every scalar, or the worst ones where there are many."""
    chosen = scalars.of(worst_first(scalars.columns)[:MAX_JUDGED])
    columns = chosen.columns
    with np.errstate(all="ignore"):
        is_finite = (np.abs(columns) < LARGEST).all(axis=(0, 1))
        is_constant = is_finite & (np.ptp(columns, axis=(0, 1)) == 0)
        usable = np.where(is_finite & ~is_constant, columns, np.nan)
        n_chains, n_draws, n = columns.shape
        nothing = np.full(n, np.nan)
        enough = n_draws >= MIN_DRAWS
        return Diagnosis(
            chosen,
            len(scalars.names),
            by_column(chain_statistics.rhat, usable) if n_chains > 1 and enough else nothing,
            by_column(chain_statistics.ess_bulk, usable) if enough else nothing,
            by_column(chain_statistics.ess_tail, usable) if enough else nothing,
            by_column(chain_statistics.mcse_mean, usable) if enough else nothing,
            is_finite,
            is_constant,
        )


def by_column(
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`statistic` of each column; nan for columns of nan, which it is not shown."""
    result = np.full(columns.shape[2], np.nan)
    rows = np.flatnonzero(np.isfinite(columns).all(axis=(0, 1)))
    if len(rows):
        result[rows] = statistic(columns[:, :, rows])
    return result


def worst_first(columns: NDArray[np.float64]) -> NDArray[np.intp]:
    """Order of the scalars by how far their chains' halves differ, in standard deviations.

    All of them in their own order where all can be judged.
    """
    n = columns.shape[2]
    if n <= MAX_JUDGED:
        return np.arange(n, dtype=np.intp)
    half = columns.shape[1] // 2
    with np.errstate(all="ignore"):
        halves = np.concatenate([columns[:, :half], columns[:, half : 2 * half]])
        spread = halves.mean(axis=1).std(axis=0) / halves.std(axis=(0, 1))
    spread[np.isnan(spread)] = -1.0
    return np.argsort(-spread, kind="stable").astype(np.intp)


def parameters(diagnosis: Diagnosis, without_mean: frozenset[int]) -> list[Parameter]:
    """Every judged scalar's row; `without_mean` are those whose tails allow none."""
    n = len(diagnosis.scalars.names)
    return [parameter(diagnosis, i, has_mean=i not in without_mean) for i in range(n)]


def parameter(diagnosis: Diagnosis, i: int, *, has_mean: bool = True) -> Parameter:
    """The row of scalar `i` in the answer; without moments where none exist."""
    name = diagnosis.scalars.names[i]
    if not diagnosis.is_finite[i]:
        return Parameter(name=name)
    draws = diagnosis.scalars.columns[:, :, i]
    q05, median, q95 = np.quantile(draws, (0.05, 0.5, 0.95))
    return Parameter(
        name=name,
        mean=number(draws.mean()) if has_mean else None,
        sd=number(draws.std(ddof=1)) if has_mean and draws.size > 1 else None,
        q05=number(q05),
        median=number(median),
        q95=number(q95),
        ess_bulk=number(diagnosis.ess_bulk[i]),
        ess_tail=number(diagnosis.ess_tail[i]),
        rhat=number(diagnosis.rhat[i]),
        mcse_mean=number(diagnosis.mcse[i]) if has_mean else None,
    )


def number(value: Any) -> float | None:
    """`value` as JSON carries it, None where it is not finite."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def least_ess_so_far(columns: NDArray[np.float64]) -> float:
    """Smallest bulk effective sample size of a few columns; 0 where it cannot be had yet."""
    if columns.shape[1] < MIN_DRAWS:
        return 0.0
    with np.errstate(all="ignore"):
        values = chain_statistics.ess_bulk(columns)
    return float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
