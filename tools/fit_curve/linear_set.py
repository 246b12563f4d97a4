"""Finds which parameters enter the model linearly. Runs in the worker."""

import itertools
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.python_source import ModelRaised

N_POINTS = 24
N_ROWS = 12
MOST_TRIED = 14
"""Beyond so many the largest set is built greedily."""


class Affinity:
    """Values and second derivatives of a curve at random parameters and a few rows."""

    def __init__(self, curve: Curve, x: Floats, rng: np.random.Generator) -> None:
        """`x` are the predictors of the fit, shape (rows, n)."""
        count = len(curve.free)
        rows = np.linspace(0, x.shape[1] - 1, min(N_ROWS, x.shape[1]), dtype=int)
        self.x = x[:, rows]
        self.rng = rng
        self.points = rng.uniform(0.3, 1.7, (N_POINTS, count))
        reach = np.abs(x[: curve.n_predictors]).max() or 1.0
        self.points[8:16] *= reach ** rng.uniform(-1, 1, (8, count))
        self.points[16:] *= rng.choice([-1, 1], (8, count))

        def value(theta: jax.Array) -> jax.Array:
            return curve(jnp.asarray(self.x), theta)

        second = cast("Any", jax.hessian(value))

        def both(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
            return value(theta), second(theta)

        self._both: Any = jax.jit(jax.vmap(both))
        try:
            hessian = np.asarray(self._both(self.points)[1], float)
        except ModelRaised as raised:
            if "custom_vjp" not in raised.message:
                raise
            # Differentiable once: nothing is known to be linear, and the search covers all.
            hessian = np.ones((1, 1, count, count))
        self.curved = (np.where(np.isfinite(hessian), hessian, 0) != 0).any((0, 1))

    def holds(self, chosen: tuple[int, ...]) -> bool:
        """Whether the curve is affine in `chosen` together.

        The Hessian alone sees neither kinks (abs, where) nor what is nan at every point.
        """
        if self.curved[np.ix_(chosen, chosen)].any():
            return False
        inside = np.zeros(self.points.shape[1], bool)
        inside[list(chosen)] = True
        u, v = 10 * self.rng.normal(size=(2, *self.points.shape))
        terms = np.array(
            [self._both(np.where(inside, c, self.points))[0] for c in (u + v, u, v, 0 * u)],
            float,
        )
        seen = np.isfinite(terms).all(0)
        with np.errstate(invalid="ignore"):
            gap = np.abs(terms[0] - terms[1] - terms[2] + terms[3])
        return bool(seen.any() and (gap <= 1e-9 * np.abs(terms).max(0))[seen].all())


def linear_parameters(curve: Curve, x: Floats, rng: np.random.Generator) -> list[int]:
    """Largest set of unbounded free parameters in which the curve is affine.

    From the zero pattern of the Hessian at random points, then a check of the identity
    f(u + v) - f(u) - f(v) + f(0) = 0 for each set in question.
    """
    affinity = Affinity(curve, x, rng)
    count = len(curve.free)
    able = [
        i
        for i in range(count)
        if not curve.free[i].is_bounded and not affinity.curved[i, i] and affinity.holds((i,))
    ]
    if len(able) > MOST_TRIED:
        return greedy(affinity, able)
    for size in range(len(able), 0, -1):
        for chosen in itertools.combinations(able, size):
            if affinity.holds(chosen):
                return list(chosen)
    return []


def greedy(affinity: Affinity, able: list[int]) -> list[int]:
    """A large set, one parameter at a time."""
    chosen: tuple[int, ...] = ()
    for i in able:
        if affinity.holds((*chosen, i)):
            chosen = (*chosen, i)
    return list(chosen)
