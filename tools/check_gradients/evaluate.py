"""Calls of the programs under check: counted and within the time. Runs in the judge."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jax_workbench.tools.check_gradients.differences import (
    N_STEPS,
    N_STEPS_NATIVE,
    Phi,
    evaluation_noise,
    sample,
)
from jax_workbench.tools.check_gradients.directions import (
    Array,
    Direction,
    Vector,
    inner,
    moved,
    products,
)
from jax_workbench.tools.check_gradients.outcome import (
    ByAD,
    Outcome,
    Precision,
    compare,
    is_settled,
)

TINY = 1e-300

type Program = Callable[..., Sequence[Any]]


class OutOfTime(Exception):
    """The budget is spent."""


@dataclass
class Clock:
    """How long the check may take, and what it has done."""

    deadline: float
    """By `time.monotonic`."""
    evaluations: int = 0

    def call(self, program: Program, *arguments: Any) -> Vector:
        """Run a program; raises OutOfTime past the deadline."""
        if time.monotonic() > self.deadline:
            raise OutOfTime
        self.evaluations += 1
        return [np.asarray(out) for out in program(*arguments)]


@dataclass
class Projection:
    """The real function Re<w, f> near x, and its derivative by AD.

    f is the function under check, its gradient (for second derivatives) or a custom rule alone.
    """

    f: Callable[[Vector], Vector]
    x: Vector
    f0: Vector
    w: Vector
    by_ad: Callable[[Direction], ByAD]
    precision: Precision
    rounding: Callable[[float, Direction], float] | None = None
    """Change that AD predicts of the step's own rounding, which matters in float32."""
    measured_noise: float | None = None
    """Of one value, by the first direction that stays inside the domain."""

    def phi(self, t: float, direction: Direction) -> float:
        """Re<w, f(x + t v) - f(x)>, subtracted element by element."""
        out = self.f(moved(self.x, t, direction))
        total = 0.0
        for weight, new, old in zip(self.w, out, self.f0, strict=True):
            used = np.isfinite(old)
            if used.all():
                total += float(np.real(np.vdot(weight, wide(new) - wide(old))))
            else:
                change = wide(new)[used] - wide(old)[used]
                total += float(np.real(np.vdot(weight[used], change)))
        return total - self.rounding(t, direction) if self.rounding else total

    def magnitude(self) -> float:
        """L2 norm of the terms w_i f_i, over the finite ones."""
        terms = [
            np.where(np.isfinite(f), np.abs(w) * np.abs(np.where(np.isfinite(f), f, 0)), 0)
            for w, f in zip(self.w, self.f0, strict=True)
        ]
        return float(np.sqrt(sum(float(np.sum(t.astype(np.float64) ** 2)) for t in terms)))

    def along(self, direction: Direction) -> Outcome:
        """Compare AD with differences along one direction."""

        def phi(t: float) -> float:
            return self.phi(t, direction)

        magnitude, ad = self.magnitude(), self.by_ad(direction)
        self.measure_noise(phi)
        noise = self.noise_of_value()
        n_steps = N_STEPS_NATIVE if self.precision.is_native else N_STEPS
        samples = sample(phi, lambda so_far: is_settled(so_far, noise, ad), n_steps)
        return compare(samples, noise, ad, self.precision, magnitude)

    def noise_of_value(self) -> float:
        """Standard deviation of one value: by rounding, or as measured if that is more."""
        return max(self.precision.eps * self.magnitude(), self.measured_noise or 0.0, TINY)

    def measure_noise(self, phi: Phi) -> None:
        """Measure the noise once; in float32 steps are too coarse for it."""
        if self.measured_noise is None and not self.precision.is_native:
            measured = evaluation_noise(phi)
            self.measured_noise = measured if np.isfinite(measured) else None


def wide(values: Array) -> Array:
    """Values in 64 bits, so that differences lose nothing more."""
    return values.astype(np.complex128 if np.iscomplexobj(values) else np.float64)


def from_gradient(g: Sequence[Array]) -> Callable[[Direction], ByAD]:
    """Directional derivatives of a function whose gradient is known."""

    def by_ad(direction: Direction) -> ByAD:
        terms = products([wide(part) for part in g], direction)
        return ByAD(
            float(terms.sum()), float(np.abs(terms).sum()), float(np.sqrt(np.sum(terms**2)))
        )

    return by_ad


def from_tangents(
    jvp: Callable[[Direction], Vector], w: Sequence[Array]
) -> Callable[[Direction], ByAD]:
    """Directional derivatives by forward mode, where there is no gradient."""

    def by_ad(direction: Direction) -> ByAD:
        value = inner(w, jvp(direction))
        return ByAD(value, abs(value), abs(value))

    return by_ad


def step_rounding(x: Vector, g: Sequence[Array]) -> Callable[[float, Direction], float]:
    """What AD predicts of the difference between the step taken and the step meant."""

    def predicted(t: float, direction: Direction) -> float:
        taken = moved(x, t, direction)
        off = {k: wide(taken[k]) - wide(x[k]) - t * wide(v) for k, v in direction.items()}
        return float(products([wide(part) for part in g], off).sum())

    return predicted
