"""An array in seven facts instead of all its numbers. Runs in the worker."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.common.guarded_text import plain, shorten

type Numbers = np.ndarray[Any, np.dtype[Any]]

N_FIRST = 16
"""Leading entries that are shown."""
CHUNK = 2**18
"""Entries that are looked at together, so that no array is copied whole."""
TEXT_LIMIT = 200
GATHER_LIMIT_BYTES = 64 * 2**20
"""Up to here the parts of an array on several devices are joined to show its first entries."""


@dataclass
class Statistics:
    """What is known of the entries seen so far."""

    low: Any = None
    high: Any = None
    mean: float = 0.0
    n_finite: int = 0
    n_nonfinite: int = 0

    def take(self, entries: Numbers, weight: int) -> None:
        """Add real `entries`, shape (n,) with n >= 1, each of which stands for `weight` of them."""
        finite = finite_of(entries)
        self.n_nonfinite += (entries.size - finite.size) * weight
        if not finite.size:
            return
        low, high = finite.min().item(), finite.max().item()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        self.n_finite += finite.size * weight
        self.mean += (mean_of(finite) - self.mean) * (finite.size * weight / self.n_finite)


def summarise(array: jax.Array | Numbers) -> dict[str, Any]:
    """Describe an array by shape, dtype, range, mean, non-finite entries and first entries.

    Args:
        array: Of any shape and dtype, on any devices of this process.

    Returns:
        `shape`, `dtype`, then `min`, `max` and `mean` of the finite entries (None without any, and
        for complex numbers and what is no number), `nonfinite` (how many are nan or infinite) and
        `first` (up to 16 in C order; complex numbers and dates as text). Plain Python values.
    """
    if issubclass(type(array), np.ndarray):
        # By the method of the base class: a subclass may have overridden anything.
        array = np.ndarray.view(cast("Numbers", array), np.ndarray)
    parts = parts_of(array)
    facts = statistics(parts)
    return {
        "shape": [int(n) for n in array.shape],
        "dtype": shorten(str(array.dtype), TEXT_LIMIT),
        "min": facts.low,
        "max": facts.high,
        "mean": facts.mean if facts.n_finite else None,
        "nonfinite": facts.n_nonfinite,
        "first": first_entries(array, parts),
    }


def parts_of(array: jax.Array | Numbers) -> list[Numbers]:
    """Every entry once, as NumPy arrays; on a CPU without a copy. A PRNG key has none."""
    if isinstance(array, np.ndarray):
        return [array]
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        return []
    shards = [shard for shard in array.addressable_shards if shard.replica_id == 0]
    return [np.asarray(shard.data) for shard in shards]


def statistics(parts: Sequence[Numbers]) -> Statistics:
    """Range, mean and non-finite entries of all `parts` together."""
    facts = Statistics()
    for part in parts:
        # A broadcast array may have far more entries than memory has numbers.
        whole = part[tuple(slice(None) if stride else slice(1) for stride in part.strides)]
        weight = part.size // whole.size if whole.size else 0
        for chunk in chunks(whole) if part.size else ():
            if chunk.dtype.kind == "c":
                facts.n_nonfinite += int(np.count_nonzero(~np.isfinite(chunk))) * weight
            elif chunk.dtype.kind != "V":
                facts.take(chunk, weight)
            # NumPy has no arithmetic for the narrow types of JAX.
            elif jnp.issubdtype(chunk.dtype, jnp.floating):
                facts.take(chunk.astype(np.float64), weight)
            elif jnp.issubdtype(chunk.dtype, jnp.integer):
                facts.take(chunk.astype(np.int64), weight)
    return facts


def chunks(array: Numbers) -> Iterator[Numbers]:
    """All entries in flat pieces, in whatever order memory has them; none of what is no number."""
    if array.dtype.kind not in "biufcV" or array.dtype.fields or array.dtype.hasobject:
        return
    pieces: Any = np.nditer(
        array,
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[["readonly"]],
        order="K",
        buffersize=CHUNK,
    )
    yield from pieces


def finite_of(entries: Numbers) -> Numbers:
    """Entries that are neither nan nor infinite; the same array where all are."""
    if entries.dtype.kind != "f":
        return entries
    is_finite = np.isfinite(entries)
    return entries if is_finite.all() else entries[is_finite]


def mean_of(finite: Numbers) -> float:
    """Mean in 64 bits, also where the sum would overflow."""
    with np.errstate(all="ignore"):
        mean = float(finite.mean(dtype=np.float64))
        if math.isfinite(mean):
            return mean
        return float((finite.astype(np.float64) / finite.size).sum())


def first_entries(array: jax.Array | Numbers, parts: Sequence[Numbers]) -> list[Any]:
    """Up to 16 leading entries in C order; none of objects, records and keys."""
    if len(parts) == 1:
        whole = parts[0]
    elif parts and array.nbytes <= GATHER_LIMIT_BYTES:
        whole = np.asarray(array)
    else:
        return []
    if (whole.dtype.hasobject and whole.dtype.kind != "T") or whole.dtype.fields:
        return []
    return [entry(item) for item in islice(whole.flat, N_FIRST)]


def entry(item: Any) -> Any:
    """One entry as a number where it is a real one, else as text."""
    if isinstance(item, str):
        return shorten(plain(item), TEXT_LIMIT)
    # The item of a long double is a long double again.
    value = float(item) if issubclass(type(item), np.floating) else item.item()
    return value if type(value) in {bool, int, float} else shorten(str(value), TEXT_LIMIT)
