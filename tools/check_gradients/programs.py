"""A function of flat arrays, and its derivatives as functions of flat arrays. Runs in the worker.

Complex numbers: JAX's pullback is the transpose without conjugation. With the cotangent and what
comes back conjugated, `Re sum(conj(w) Jv) = Re sum(conj(g) v)` holds for real and complex alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp

from jax_workbench.tools.check_gradients.leaves import Arguments

type Flat = Callable[..., list[Any]]


@dataclass(frozen=True)
class Derivatives:
    """Functions of flat lists: `x` the moving leaves, `held` the passed ones."""

    fn: Callable[..., Any]
    arguments: Arguments
    n_x: int
    n_held: int

    def split(self, values: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Cut a program's arguments into x, held and the rest."""
        n = self.n_x + self.n_held
        return list(values[: self.n_x]), list(values[self.n_x : n]), list(values[n:])

    def outputs(self, x: Sequence[Any], held: Sequence[Any]) -> list[Any]:
        """Inexact outputs of the user's function."""
        out = self.fn(*self.arguments.rebuild(x, held))
        return [jnp.asarray(leaf) for leaf in jax.tree.leaves(out) if is_inexact_value(leaf)]

    def primal(self, *values: Any) -> list[Any]:
        """(x, held) -> f(x)."""
        x, held, _ = self.split(values)
        return self.outputs(x, held)

    def vjp(self, *values: Any) -> list[Any]:
        """(x, held, w) -> gradient g of Re<w, f>, in the shape of x."""
        x, held, w = self.split(values)

        def at(*moved: Any) -> list[Any]:
            return self.outputs(moved, held)

        return pulled_back(at, x, w)

    def jvp(self, *values: Any) -> list[Any]:
        """(x, held, v) -> J v."""
        x, held, v = self.split(values)

        def at(*moved: Any) -> list[Any]:
            return self.outputs(moved, held)

        return list(jax.jvp(at, tuple(x), tuple(v))[1])

    def hvp(self, *values: Any) -> list[Any]:
        """(x, held, w, u) -> gradient of Re<u, g(x)>, reverse over reverse."""
        x, held, rest = self.split(values)
        w, u = rest[: -self.n_x], rest[-self.n_x :]

        def gradient(*at: Any) -> list[Any]:
            return pulled_back(lambda *inner: self.outputs(inner, held), at, w)

        return pulled_back(gradient, x, u)


def pulled_back(fn: Callable[..., list[Any]], x: Sequence[Any], w: Sequence[Any]) -> list[Any]:
    """Gradient of Re<w, fn> at x."""
    pull = cast("Callable[[list[Any]], Sequence[Any]]", jax.vjp(fn, *x)[1])
    return [jnp.conj(g) for g in pull([jnp.conj(c) for c in w])]


def is_inexact_value(leaf: Any) -> bool:
    """Whether an output is an array or number of floating-point dtype."""
    if not isinstance(leaf, (jax.Array, float, complex)) and not hasattr(leaf, "dtype"):
        return False
    return jnp.issubdtype(jnp.result_type(leaf), jnp.inexact)


def specs(values: Sequence[Any]) -> list[jax.ShapeDtypeStruct]:
    """Shapes and dtypes of arrays."""
    return [jax.ShapeDtypeStruct(jnp.shape(v), jnp.result_type(v)) for v in values]
