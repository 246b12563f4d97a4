"""Whether two programs give the same numbers. Runs in the timer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

type Array = np.ndarray[Any, Any]
type Call = Callable[..., list[Any]]

TOLERANCE = {"float64": 1e-12, "complex128": 1e-12, "bfloat16": 2e-2, "float16": 4e-3}
"""Relative, by dtype of the output; float32 and complex64 are in `tolerance`."""
F32_TOLERANCE, F32_LARGEST = 1e-5, 1e-3
"""Rounding of a sum of k terms grows like sqrt(k); a bf16 kernel is wrong by some 4e-3."""
F8_TOLERANCE = 0.2
PIECE = 2**20
"""Elements compared at once."""
NOISE_FACTOR = 8.0
"""Another order of summation moves a result by a few times what the last bit of an input does."""


@dataclass(frozen=True)
class Difference:
    """How far an output set lies from the expected one."""

    is_equal: bool
    largest: float
    """Relative to the scale of the elements; infinite where a NaN or an integer differs."""
    leaf: int
    """Index of the output that differs most."""


@dataclass
class Expected:
    """What the baseline gives on one input set, and how near is near enough."""

    call: Call
    arguments: Sequence[Any]
    tolerances: Sequence[float]
    outputs: list[Array] = field(default_factory=list[Array])
    noise: list[float] | None = None
    allow_noise: bool = True
    """Widen by the baseline's own rounding; not where the caller gave a tolerance."""

    def compare(self, outputs: Sequence[Any]) -> Difference:
        """Compare a candidate's outputs; measures the baseline's own rounding only if needed."""
        found = [on_host(value) for value in outputs]
        plain = difference(self.outputs, found, self.tolerances, [0.0] * len(found))
        if plain.is_equal or not self.allow_noise:
            return plain
        if self.noise is None:
            self.noise = rounding_noise(self.call, self.arguments, self.outputs)
        return difference(self.outputs, found, self.tolerances, self.noise)


def expect(
    call: Call,
    arguments: Sequence[Any],
    outputs: Sequence[Any],
    contraction: int,
    rtol: float | None,
) -> Expected:
    """Take the baseline's outputs as what is right.

    Args:
        call: The baseline's program.
        arguments: The input set.
        outputs: What `call` gives on it.
        contraction: Terms of the longest sum in the baseline; the candidate's would be its say.
        rtol: The caller's relative tolerance, in place of the dtype's.
    """
    host = [on_host(value) for value in outputs]
    tolerances = [tolerance(array.dtype, contraction) if rtol is None else rtol for array in host]
    return Expected(call, arguments, tolerances, host, allow_noise=rtol is None)


def on_host(value: Any) -> Array:
    """A device array as NumPy array; PRNG keys as their data."""
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    return np.asarray(value)


def tolerance(dtype: Any, contraction: int) -> float:
    """Relative tolerance of one output; 0 for integers and truth values."""
    if not jnp.issubdtype(dtype, jnp.inexact):
        return 0.0
    name = str(dtype)
    if name in {"float32", "complex64"}:
        return float(min(F32_LARGEST, F32_TOLERANCE * np.sqrt(max(1, contraction))))
    return TOLERANCE.get(name, F8_TOLERANCE)


def difference(
    expected: Sequence[Array],
    found: Sequence[Array],
    tolerances: Sequence[float],
    noise: Sequence[float],
) -> Difference:
    """Compare elementwise: |found - expected| <= tolerance * scale, or within the noise.

    The scale of an element is the larger of its own size and the mean size in its array. NaNs
    match NaNs alone; infinities match themselves.
    """
    worst = Difference(is_equal=True, largest=0.0, leaf=0)
    for leaf, (a, b) in enumerate(zip(expected, found, strict=True)):
        is_equal, largest = leaf_difference(a, b, tolerances[leaf], noise[leaf])
        if (not is_equal, largest) > (not worst.is_equal, worst.largest):
            worst = Difference(is_equal, largest, leaf)
    return worst


def leaf_difference(a: Array, b: Array, tol: float, noise: float) -> tuple[bool, float]:
    """Whether one array is near enough to the expected one, and the largest relative error."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False, np.inf
    if not jnp.issubdtype(a.dtype, jnp.inexact):
        return (True, 0.0) if np.array_equal(a, b) else (False, np.inf)
    flat_a, flat_b = a.reshape(-1), b.reshape(-1)
    mean = mean_size(flat_a)
    is_equal, largest = True, 0.0
    # In pieces: in double precision a whole array may not fit beside the inputs.
    for start in range(0, flat_a.size, PIECE):
        piece = slice(start, start + PIECE)
        near, worst = piece_difference(
            widened(flat_a[piece]), widened(flat_b[piece]), mean, tol, noise
        )
        is_equal, largest = is_equal and near, max(largest, worst)
    return is_equal, largest


def piece_difference(
    x: Array, y: Array, mean: float, tol: float, noise: float
) -> tuple[bool, float]:
    """`leaf_difference` of part of an array, in double precision."""
    finite = np.isfinite(x) & np.isfinite(y)
    if not np.array_equal(x[~finite], y[~finite], equal_nan=True):
        return False, np.inf
    error = np.abs(x[finite] - y[finite])
    scale = np.maximum(np.abs(x[finite]), mean)
    relative = np.divide(error, scale, out=np.where(error > 0, np.inf, 0.0), where=scale > 0)
    near = (error <= tol * scale) | (error <= NOISE_FACTOR * noise)
    return bool(near.all()), float(np.max(relative, initial=0.0))


def mean_size(flat: Array) -> float:
    """Mean absolute value of the finite elements; 0 if there are none."""
    total, count = 0.0, 0
    for start in range(0, flat.size, PIECE):
        size = np.abs(widened(flat[start : start + PIECE]))
        finite = np.isfinite(size)
        total, count = total + float(size[finite].sum()), count + int(finite.sum())
    return total / count if count else 0.0


def widened(array: Array) -> Array:
    """Double precision."""
    is_complex = jnp.issubdtype(array.dtype, jnp.complexfloating)
    return array.astype(np.complex128 if is_complex else np.float64)


def rounding_noise(call: Call, arguments: Sequence[Any], outputs: Sequence[Array]) -> list[float]:
    """By how much each output moves when the inputs move in their last bit.

    An honest second implementation differs from the first by about as much: a sum that cancels
    loses its relative accuracy in both. Moves all inputs up, then each at random.
    """
    rng = np.random.default_rng(0)
    noise = [0.0] * len(outputs)
    for is_random in (False, True):
        moved = [nudged(value, rng, is_random=is_random) for value in arguments]
        for leaf, value in enumerate(call(*moved)):
            array = on_host(value)
            if jnp.issubdtype(array.dtype, jnp.inexact):
                with np.errstate(invalid="ignore"):
                    change = np.abs(widened(array) - widened(outputs[leaf]))
                largest = np.max(change, initial=0.0, where=np.isfinite(change))
                noise[leaf] = max(noise[leaf], float(largest))
    return noise


def nudged(value: Any, rng: np.random.Generator, *, is_random: bool) -> Any:
    """A floating-point argument moved by one unit in the last place; others as they are."""
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        return value
    array = np.asarray(value)
    step = float(cast("Any", jnp.finfo(array.dtype)).eps)
    sign = rng.choice([-1.0, 1.0], size=array.shape) if is_random else 1.0
    exact = widened(array)
    return jax.device_put((exact + step * np.abs(exact) * sign).astype(array.dtype))
