"""Names and columns of the scalars in arrays of draws. Runs in the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

type Draws = Mapping[str, NDArray[Any]]
"""By site: (chains, draws, *site shape)."""


@dataclass(frozen=True)
class Scalars:
    """Every scalar of every site as a column."""

    names: tuple[str, ...]
    """Such as `theta[0]`, `beta[1,2]`."""
    sites: tuple[str, ...]
    """The site each column belongs to."""
    columns: NDArray[np.float64]
    """(chains, draws, scalars)"""

    def of(self, rows: NDArray[np.intp]) -> "Scalars":
        """Some of the columns."""
        places: list[int] = rows.tolist()
        return Scalars(
            tuple(self.names[i] for i in places),
            tuple(self.sites[i] for i in places),
            self.columns[:, :, rows],
        )


def flatten(draws: Draws) -> Scalars:
    """Columns in the order of the sites."""
    names: list[str] = []
    sites: list[str] = []
    columns: list[NDArray[np.float64]] = []
    for site, array in draws.items():
        shape = array.shape[2:]
        labels = [label_of(tuple(index)) for index in np.ndindex(*shape)]
        names.extend(site + label for label in labels)
        sites.extend([site] * len(labels))
        columns.append(array.reshape(*array.shape[:2], -1).astype(np.float64))
    joined = np.concatenate(columns, axis=2) if columns else np.empty((1, 0, 0))
    return Scalars(tuple(names), tuple(sites), joined)


def label_of(index: tuple[int, ...]) -> str:
    """`[1,2]`; empty for a site that is one scalar."""
    return f"[{','.join(str(place) for place in index)}]" if index else ""


def ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1 within each column of (rows, columns), ties at their mean."""
    ranks: Any = stats.rankdata(values, axis=0)
    return np.asarray(ranks, np.float64).reshape(values.shape)
