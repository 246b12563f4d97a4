"""Rows of data, and their split into training, validation and test. Runs in the worker."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

TEST_FRACTION = 0.2

type Array = NDArray[Any]
type Kind = Literal["classes", "numbers", "tokens", "points", "pde"]


@dataclass(frozen=True)
class Rows:
    """Inputs and targets, one row each along the first axis."""

    x: Array
    y: Array

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.x)

    def take(self, index: Array) -> "Rows":
        """Rows by index."""
        return Rows(self.x[index], self.y[index])


@dataclass(frozen=True)
class Source:
    """A data set as it was read or made, before its split."""

    name: str
    rows: Rows
    kind: Kind
    test: Rows | None = None
    """The data's own test part."""
    is_ordered: bool = False
    """Neighbouring rows overlap or resemble each other: split it in stretches, not row by row."""
    vocabulary: str = ""
    """Character of each token."""
    names: tuple[str, ...] = ()
    """Of the input columns."""
    image: tuple[int, int, int] | None = None
    """Height, width and channels of a flat row."""
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Split:
    """The three parts."""

    train: Rows
    validation: Rows
    test: Rows
    is_own_test: bool
    """The test part came with the data."""

    @property
    def sha256(self) -> str:
        """Of every part, so that two runs can be known to have had the same rows."""
        digest = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            digest.update(np.ascontiguousarray(part.x).tobytes())
            digest.update(np.ascontiguousarray(part.y).tobytes())
        return digest.hexdigest()


def split_rows(source: Source, val_fraction: float, seed: int) -> Split:
    """Hold out a fifth as test unless the data have their own, then `val_fraction` of the rest.

    Equal inputs stay together, so that no test row was trained on; classes keep their shares.
    """
    rng = np.random.default_rng([seed, 7919])
    if source.test is None:
        rest, test = parted(source.rows, TEST_FRACTION, source, rng)
    else:
        rest, test = source.rows, source.test
    train, validation = parted(rest, val_fraction, source, rng)
    return Split(train, validation, test, is_own_test=source.test is not None)


def parted(
    rows: Rows, fraction: float, source: Source, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """All but `fraction` of the rows, and that fraction (at least one row)."""
    n_held = max(1, round(len(rows) * fraction))
    if source.is_ordered:
        # A gap, so that no window of the second part reaches into the first.
        gap = int(source.facts.get("overlap", 0))
        end = len(rows) - n_held
        return Rows(rows.x[: end - gap], rows.y[: end - gap]), Rows(rows.x[end:], rows.y[end:])
    held = np.zeros(len(rows), bool)
    groups = group_of(rows.x)
    strata = rows.y if source.kind == "classes" and rows.y.ndim == 1 else np.zeros(len(rows), int)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        wanted = round(len(members) * fraction)
        order = rng.permutation(members)
        held[order[:wanted]] = True
    # A group goes where its first row went.
    first = np.full(groups.max() + 1, -1)
    first[groups[::-1]] = np.arange(len(rows))[::-1]
    held = held[first[groups]]
    if not held.any() or held.all():
        held = np.zeros(len(rows), bool)
        held[rng.permutation(len(rows))[:n_held]] = True
    return rows.take(np.flatnonzero(~held)), rows.take(np.flatnonzero(held))


def group_of(x: Array) -> NDArray[np.int64]:
    """A number for each row, the same for equal rows."""
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    keys = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
    _, groups = np.unique(keys, return_inverse=True)
    return groups.reshape(-1)


def shared_rows(split: Split) -> tuple[int, int | None]:
    """How many test rows are also training or validation rows, and the first of them."""
    known = {row.tobytes() for part in (split.train, split.validation) for row in bytes_of(part.x)}
    both = [i for i, row in enumerate(bytes_of(split.test.x)) if row.tobytes() in known]
    return len(both), both[0] if both else None


def bytes_of(x: Array) -> Array:
    """Rows as one flat, contiguous array each."""
    return np.ascontiguousarray(x).reshape(len(x), -1)
