"""A function at a point with its derivatives: what every step of a check looks at.

Runs in the judge. The function under check is one, and so is a custom rule alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from jax_workbench.tools.check_gradients.directions import (
    Array,
    Direction,
    Vector,
    cotangent,
    in_full,
)
from jax_workbench.tools.check_gradients.evaluate import (
    Clock,
    Program,
    Projection,
    from_gradient,
    from_tangents,
    step_rounding,
)
from jax_workbench.tools.check_gradients.outcome import ByAD, Precision

COTANGENT_SIZES = (2.0, 0.25)
"""Two sizes, so that a rule which clips its cotangent shows."""


@dataclass
class Subject:
    """`programs`: primal, vjp, jvp, hvp, own; those that exist, of flat arrays."""

    programs: Mapping[str, Program]
    x: Vector
    held: Vector
    precision: Precision
    clock: Clock
    rng: np.random.Generator
    f0: Vector = field(default_factory=list[Array])
    w: list[Vector] = field(default_factory=list[Vector])
    """Cotangents."""
    g: list[Vector] = field(default_factory=list[Vector])
    """Gradients of Re<w, f>, one a cotangent; none without reverse mode."""

    def f(self, x: Vector) -> Vector:
        """The function."""
        return self.clock.call(self.programs["primal"], *x, *self.held)

    def gradient(self, x: Vector, w: Sequence[Array]) -> Vector:
        """Gradient of Re<w, f> by reverse mode."""
        return self.clock.call(self.programs["vjp"], *x, *self.held, *w)

    def tangent(self, direction: Direction) -> Vector:
        """Derivative along a direction by forward mode."""
        v = in_full(self.x, direction)
        return self.clock.call(self.programs["jvp"], *self.x, *self.held, *v)

    def curvature(self, w: Sequence[Array], u: Sequence[Array]) -> Vector:
        """Gradient of Re<u, gradient of Re<w, f>>."""
        return self.clock.call(self.programs["hvp"], *self.x, *self.held, *w, *u)

    def begin(self) -> None:
        """Take the value and draw the cotangents."""
        self.f0 = self.f(self.x)
        self.w = [cotangent(self.rng, self.f0, size) for size in COTANGENT_SIZES]

    def take_gradients(self) -> None:
        """Gradients for all cotangents."""
        self.g = [self.gradient(self.x, w) for w in self.w]

    def projection(self, which: int = 0) -> Projection:
        """Re<w, f> with its derivative by reverse mode, or by forward mode without one."""
        if not self.g:
            return self.forward_projection(which)
        g = self.g[which]
        rounding = step_rounding(self.x, g) if self.precision.is_native else None
        return self.projected(which, from_gradient(g), rounding)

    def forward_projection(self, which: int = 0) -> Projection:
        """Re<w, f> with its derivative by forward mode."""
        return self.projected(which, from_tangents(self.tangent, self.w[which]), None)

    def projected(
        self,
        which: int,
        by_ad: Callable[[Direction], ByAD],
        rounding: Callable[[float, Direction], float] | None,
    ) -> Projection:
        """Re<w, f> near x."""
        return Projection(self.f, self.x, self.f0, self.w[which], by_ad, self.precision, rounding)

    def per_unit(self, which: int = 0) -> float:
        """What a derivative of Re<w, f> is divided by: the weight of a single real output."""
        (*_, weight) = self.w[which]
        is_single = len(self.w[which]) == 1 and weight.size == 1 and not np.iscomplexobj(weight)
        return float(weight.reshape(())) or 1.0 if is_single else 1.0


def index_of(flat: int, like: Array) -> tuple[int, ...]:
    """Index of an element by its place row by row."""
    return tuple(int(i) for i in np.unravel_index(flat, like.shape))
