"""Directions in the space of the arguments, and moving along them. Runs in the judge.

A direction has parts for the leaves that it moves only; what is not there is zero.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np

type Array = np.ndarray[Any, Any]
type Vector = list[Array]
type Direction = Mapping[int, Array]
type Scaling = Literal["mixed", "relative"]

SMALLEST = 0.01
"""Of the root mean square of a leaf: the least scale of an element."""


def scales(leaf: Array, scaling: Scaling) -> Array:
    """How far each element of a leaf moves at t = 1.

    Args:
        leaf: Any shape, real or complex.
        scaling: `mixed`: max(|x|, 0.01 rms); `relative`: |x|, where x is 0 the former. Steps
            must be relative, else a log near 0 leaves its domain; purely relative ones never move
            a zero. A leaf that is all zero has scale 1.
    """
    size = np.abs(leaf)
    # Scaled before squaring: the squares of 1e-200 and 1e200 are out of range.
    largest = float(size.max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return np.ones(leaf.shape)
    rms = largest * float(np.sqrt(np.mean((size / largest) ** 2)))
    if scaling == "mixed":
        return np.maximum(size, SMALLEST * rms)
    return np.where(size == 0, SMALLEST * rms, size)


def random_direction(
    rng: np.random.Generator, x: Sequence[Array], leaves: Sequence[int], scaling: Scaling
) -> dict[int, Array]:
    """Normal numbers times the scales, in `leaves` alone."""
    drawn = [(k, normal_like(rng, x[k]) * scales(x[k], scaling)) for k in leaves]
    return cast("dict[int, Array]", dict(drawn))


def range_direction(
    rng: np.random.Generator, x: Sequence[Array], leaf: int, low: int, high: int
) -> dict[int, Array]:
    """A random direction in the elements `low:high` (row by row) of one leaf."""
    part: Array = np.zeros(x[leaf].size, x[leaf].dtype)
    drawn = normal_like(rng, x[leaf].reshape(-1)[low:high])
    part[low:high] = drawn * scales(x[leaf], "mixed").reshape(-1)[low:high]
    return {leaf: part.reshape(x[leaf].shape)}


def element_direction(x: Sequence[Array], leaf: int, flat: int, unit: complex = 1) -> Direction:
    """The direction of one element, as long as its scale; `unit` is 1j for the imaginary part."""
    part: Array = np.zeros(x[leaf].size, x[leaf].dtype)
    part[flat] = unit * scales(x[leaf], "mixed").reshape(-1)[flat]
    return {leaf: part.reshape(x[leaf].shape)}


def normal_like(rng: np.random.Generator, leaf: Array) -> Array:
    """Normal numbers in the shape of a leaf; complex for a complex one."""
    values = cast("Array", rng.standard_normal(leaf.shape))
    if np.iscomplexobj(leaf):
        return values + 1j * cast("Array", rng.standard_normal(leaf.shape))
    return values


def cotangent(rng: np.random.Generator, outputs: Sequence[Array], size: float) -> Vector:
    """A random cotangent whose numbers are exact in every float type, 0 at non-finite outputs.

    Args:
        rng: Generator.
        outputs: Of the function.
        size: Of its elements; none is nearly 0, so that a single output always counts.
    """
    drawn: Vector = []
    for output in outputs:
        values = normal_like(rng, output)
        values = values + 0.5 * np.where(values == 0, 1, values / np.maximum(np.abs(values), 1e-9))
        finite = np.where(np.isfinite(output), size * values, 0)
        drawn.append(coarse(finite).astype(output.dtype))
    return drawn


def coarse(values: Array) -> Array:
    """Numbers cut to eight significant bits."""
    if np.iscomplexobj(values):
        return coarse(values.real) + 1j * coarse(values.imag)
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 256) / 256, exponent)


def moved(x: Sequence[Array], t: float, direction: Direction) -> Vector:
    """Move by t: x + t v, in the dtype of x."""
    return [
        (leaf + t * direction[k]).astype(leaf.dtype, copy=False) if k in direction else leaf
        for k, leaf in enumerate(x)
    ]


def inner(a: Sequence[Array], b: Sequence[Array]) -> float:
    """Re sum(conj(a) b) over all arrays."""
    return float(sum(np.real(np.vdot(p, q)) for p, q in zip(a, b, strict=True)))


def products(g: Sequence[Array], direction: Direction) -> Array:
    """Elementwise Re(conj(g) v) over what the direction moves, flat."""
    parts = [np.real(np.conj(g[k]) * v).reshape(-1) for k, v in direction.items()]
    return np.concatenate(parts) if parts else np.zeros(0)


def in_full(x: Sequence[Array], direction: Direction) -> Vector:
    """A direction with its zeros."""
    return [
        np.asarray(direction[k], leaf.dtype) if k in direction else np.zeros_like(leaf)
        for k, leaf in enumerate(x)
    ]
