"""Names and columns of the scalars in arrays of draws. Runs in the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        return Scalars(
            tuple(self.names[i] for i in rows),
            tuple(self.sites[i] for i in rows),
            self.columns[:, :, rows],
        )


def flatten(draws: Draws) -> Scalars:
    """Columns in the order of the sites."""
    names: list[str] = []
    sites: list[str] = []
    columns: list[NDArray[np.float64]] = []
    for site, array in draws.items():
        shape = array.shape[2:]
        labels = ["[" + ",".join(map(str, index)) + "]" for index in np.ndindex(*shape)]
        names.extend(site + (label if shape else "") for label in labels)
        sites.extend([site] * len(labels))
        columns.append(array.reshape(*array.shape[:2], -1).astype(np.float64))
    joined = np.concatenate(columns, axis=2) if columns else np.empty((1, 0, 0))
    return Scalars(tuple(names), tuple(sites), joined)
