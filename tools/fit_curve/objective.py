"""The weighted residual and its Jacobian, jitted once, at any size. Runs in the worker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.robust_loss import SQUARED, Loss

CHUNK = 2**16
"""Rows whose Jacobian is in memory at a time, where the parameters are few."""
MOST_ENTRIES = 2**21
"""Of that Jacobian, where they are many."""
BATCH = 256
"""Candidates that are ranked at a time."""


@dataclass(frozen=True)
class Rows:
    """Data of one fit.

    Attributes:
        x: Shape (predictors, n); last the number of the data set where there are several.
        y: Shape (n,).
        weight: 1 / sigma, shape (n,); zero leaves a row out.
    """

    x: Floats
    y: Floats
    weight: Floats

    def taken(self, index: np.ndarray[tuple[int], np.dtype[np.intp]]) -> "Rows":
        """Some of the rows."""
        return Rows(self.x[:, index], self.y[index], self.weight[index])


@dataclass(frozen=True)
class Local:
    """All that a step of least squares needs to know at one point.

    Attributes:
        cost: Sum of squares, or of the robust loss.
        r: Upper triangle of the Jacobian's QR factorisation, shape (p, p).
        qtr: The residual in that basis, shape (p,).
    """

    cost: float
    r: Floats
    qtr: Floats

    @property
    def is_finite(self) -> bool:
        """Whether a step can be taken from here."""
        return bool(np.isfinite(self.cost) and np.isfinite(self.r).all())


type Residual = Callable[[jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]
"""Of theta, x, y and weight."""


class Objective:
    """Residuals of `curve` at `rows`; the functions of JAX are compiled at their first use."""

    def __init__(
        self, curve: Curve, rows: Rows, loss: Loss = SQUARED, residual: Residual | None = None
    ) -> None:
        """`residual` replaces (f - y) * weight where the predictors have errors too."""
        self.curve = curve
        self.rows = rows
        self.loss = loss
        self.n = rows.y.size
        self.p = len(curve.free)
        self.chunk = min(CHUNK, max(MOST_ENTRIES // self.p, 1))
        self.scale = float(np.linalg.norm(rows.y * rows.weight))
        self._plain = residual is None
        compute = residual or plain_residual(curve)
        derivative = cast("Any", jax.jacfwd(compute))

        def both(theta: jax.Array, *data: jax.Array) -> tuple[jax.Array, jax.Array]:
            return compute(theta, *data), derivative(theta, *data)

        self._residual: Residual = compute
        self._both: Any = jax.jit(both)

    def with_loss(self, loss: Loss) -> "Objective":
        """The same residuals under another loss; nothing is compiled again."""
        other = object.__new__(Objective)
        other.__dict__.update(self.__dict__)
        other.loss = loss
        return other

    def onto(self, rows: Rows) -> "Objective":
        """The same functions for other rows of the same number."""
        other = object.__new__(Objective)
        other.__dict__.update(self.__dict__)
        other.rows = rows
        other.scale = float(np.linalg.norm(rows.y * rows.weight))
        return other

    def residual_jacobian(self, theta: Floats) -> tuple[Floats, Floats]:
        """Weighted residual (n,) and its Jacobian (n, p), without the loss."""
        rows = self.rows
        r, jacobian = self._both(theta, rows.x, rows.y, rows.weight)
        return np.asarray(r, float), np.asarray(jacobian, float)

    def residuals(self, theta: Floats) -> Floats:
        """Weighted residual alone, shape (n,)."""
        if self.n <= self.chunk:
            return self.residual_jacobian(theta)[0]
        return np.concatenate([r for r, _ in self._chunks(theta)])[: self.n]

    def local(self, theta: Floats) -> Local:
        """Cost and factorised Jacobian at `theta`, chunk by chunk where there are many rows."""
        cost = 0.0
        stacked = np.zeros((0, self.p + 1))
        chunks = [self.residual_jacobian(theta)] if self.n <= self.chunk else self._chunks(theta)
        for r, jacobian in chunks:
            if not (np.isfinite(r).all() and np.isfinite(jacobian).all()):
                return Local(np.inf, np.zeros((self.p, self.p)), np.zeros(self.p))
            part, r_scaled, j_scaled = self.loss.scaled(r, jacobian)
            cost += part
            stacked = np.vstack([stacked, np.column_stack([j_scaled, r_scaled])])
            stacked = np.linalg.qr(stacked, mode="r")
        short = max(self.p - stacked.shape[0], 0)
        stacked = np.vstack([stacked, np.zeros((short, self.p + 1))])
        return Local(cost, stacked[: self.p, : self.p], stacked[: self.p, -1])

    def _chunks(self, theta: Floats) -> Iterator[tuple[Floats, Floats]]:
        for start in range(0, self.n, self.chunk):
            index = np.minimum(np.arange(start, start + self.chunk), self.n - 1)
            rows = self.rows.taken(index)
            weight = np.where(np.arange(start, start + self.chunk) < self.n, rows.weight, 0.0)
            r, jacobian = self._both(theta, rows.x, rows.y, weight)
            yield np.asarray(r, float), np.asarray(jacobian, float)

    def values(self, theta: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Model and its Jacobian at other predictors `x`, shapes (m,) and (m, p).

        Goes through the function that is compiled already, so many points as there are rows.
        """
        if not self._plain:
            return Objective(self.curve, self.rows).values(theta, x)
        m, size = x.shape[1], min(self.n, self.chunk)
        parts: list[tuple[Floats, Floats]] = []
        for start in range(0, m, size):
            index = np.minimum(np.arange(start, start + size), m - 1)
            zero, one = np.zeros(size), np.ones(size)
            f, jacobian = self._both(theta, x[:, index], zero, one)
            parts.append((np.asarray(f, float), np.asarray(jacobian, float)))
        f, jacobian = (np.concatenate([part[i] for part in parts])[:m] for i in (0, 1))
        return f, jacobian

    def ranking(self, linear: list[int]) -> Callable[[Rows, Floats], Floats]:
        """A function that scores many points: the squares that the best linear parameters leave.

        Of rows and theta (m, p), it gives shape (m,); infinite where the model is not finite.

        Source:
            Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares
            problems whose variables separate (1973).
        """
        basis = jnp.eye(self.p)[jnp.asarray(linear, dtype=int)]
        zeroed = jnp.ones(self.p).at[jnp.asarray(linear, dtype=int)].set(0.0)

        def columns(theta: jax.Array, *data: jax.Array) -> jax.Array:
            at = theta * zeroed

            def along(direction: jax.Array) -> tuple[jax.Array, jax.Array]:
                def value(theta: jax.Array) -> jax.Array:
                    return self._residual(theta, *data)

                return jax.jvp(value, (at,), (direction,))

            if not linear:
                return self._residual(at, *data)[:, None]
            r, tangents = jax.vmap(along, out_axes=(None, 1))(basis)
            return jnp.concatenate([tangents, r[:, None]], axis=1)

        batched: Any = jax.jit(jax.vmap(columns, in_axes=(0, None, None, None)))

        def score(rows: Rows, thetas: Floats) -> Floats:
            data = (rows.x, rows.y, rows.weight)
            scores = [
                left_over(
                    np.asarray(batched(np.resize(thetas[i : i + BATCH], (BATCH, self.p)), *data))
                )
                for i in range(0, len(thetas), BATCH)
            ]
            return np.concatenate(scores)[: len(thetas)]

        return score


def thinned(rows: Rows, most: int) -> Rows:
    """At most `most` rows, spread evenly over the order of the first predictor."""
    n = rows.y.size
    if n <= most:
        return rows
    order = np.argsort(rows.x[0], kind="stable")
    return rows.taken(np.sort(order[np.linspace(0, n - 1, most).astype(int)]))


def plain_residual(curve: Curve) -> Residual:
    """(f - y) * weight."""

    def residual(theta: jax.Array, x: jax.Array, y: jax.Array, weight: jax.Array) -> jax.Array:
        difference = (curve(x, theta) - y) * weight
        # A row that is left out may be one where the model is not finite.
        return jnp.where(weight == 0, 0.0, difference)

    return residual


def left_over(stacked: Floats) -> Floats:
    """Squared norm of the last column outside the span of the others, for a stack of matrices."""
    finite = np.isfinite(stacked).all((1, 2))
    stacked = np.where(finite[:, None, None], stacked, 1.0)
    norms = np.linalg.norm(stacked[:, :, :-1], axis=1, keepdims=True)
    scaled = np.concatenate(
        [stacked[:, :, :-1] / np.where(norms == 0, 1, norms), stacked[:, :, -1:]], axis=2
    )
    last = np.linalg.qr(scaled, mode="r")[:, :, -1]
    n_linear = stacked.shape[2] - 1
    left = (last[:, n_linear:] ** 2).sum(1)
    return np.where(finite & np.isfinite(left), left, np.inf)
