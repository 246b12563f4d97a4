"""Leaves whose gradient is exactly zero, and gradients of functions that do not move.

Runs in the judge. Differences alone can see neither: they are zero as well.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from jax_workbench.tools.check_gradients.directions import (
    Direction,
    Vector,
    moved,
    normal_like,
    scales,
)
from jax_workbench.tools.check_gradients.evaluate import TINY, Projection

type Vanished = Literal["unused", "flat", "zero_gradient"]

SMALL_STEPS, SMALL_STEPS_NATIVE = (1e-7, 1e-5), (1e-4,)
LARGE_STEPS = (0.03, -0.1, 0.3, -1.0, 2.0)
NOISE, CHANGE = 8, 100
"""Standard deviations that count as no change, and as a change."""


def leaf_direction(rng: np.random.Generator, x: Vector, leaf: int) -> Direction:
    """A direction in one leaf as long as its scale, so that a step of 2 leaves any rounding cell.

    Small leaves are moved by at least 1: a rounding to integers knows no relative scale.
    """
    size = np.maximum(scales(x[leaf], "mixed"), 1.0)
    drawn = normal_like(rng, x[leaf])
    return {leaf: drawn * size}


def why_zero(
    projection: Projection,
    gradient: Callable[[Vector], Vector],
    rng: np.random.Generator,
    leaf: int,
) -> Vanished:
    """Tell a lost gradient from one that is rightly zero.

    A function that is constant here and moves further off has lost its gradient only if the
    gradient is zero where it has moved to as well: else this is just a flat region.

    Args:
        projection: Of the function.
        gradient: By reverse mode, at any point.
        rng: Generator.
        leaf: Whose gradient is exactly zero.
    """
    direction = leaf_direction(rng, projection.x, leaf)
    small = SMALL_STEPS_NATIVE if projection.precision.is_native else SMALL_STEPS
    if any(has_changed(projection, t, direction) for t in small):
        return "flat"
    has_moved = False
    for t in LARGE_STEPS:
        if not has_changed(projection, t, direction):
            continue
        has_moved = True
        if np.any(gradient(moved(projection.x, t, direction))[leaf]):
            return "flat"
    return "zero_gradient" if has_moved else "unused"


def has_changed(projection: Projection, t: float, direction: Direction) -> bool:
    """Whether any output differs bitwise after a step."""
    out = projection.f(moved(projection.x, t, direction))
    return any(new.tobytes() != old.tobytes() for new, old in zip(out, projection.f0, strict=True))


def is_surrogate(projection: Projection, rng: np.random.Generator, leaf: int) -> bool:
    """Whether a leaf with a gradient moves the function in jumps only: straight-through."""
    direction = leaf_direction(rng, projection.x, leaf)
    # Rounding alone: what only looks still within its own noise does not move in jumps.
    noise = max(projection.precision.eps * projection.magnitude(), TINY)
    small = SMALL_STEPS_NATIVE if projection.precision.is_native else SMALL_STEPS
    if any(abs(projection.phi(t, direction)) > NOISE * noise for t in small):
        return False
    changes = [abs(projection.phi(t, direction)) for t in LARGE_STEPS]
    return any(change > CHANGE * noise for change in changes)
