"""Finds which unit each parameter carries, from derivatives alone. Runs in the worker."""

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats

N_TRIALS = 24
N_NEEDED = 4


@dataclass(frozen=True)
class Dimensions:
    """What Euler's identity says of each free parameter and predictor.

    Attributes:
        power: (predictors, p); the parameter carries the predictor's unit to that power.
        shift: (predictors, p); how far it moves with a shift of the predictor, 0 or +-1.
        is_rank_deficient: The Jacobian lacks rank at every random point: parameters that no data
            can tell apart.

    Both arrays hold nan where the model does not determine them.
    """

    power: Floats
    shift: Floats
    is_rank_deficient: bool


def find_dimensions(curve: Curve, linear: list[int], rng: np.random.Generator) -> Dimensions:
    """Least squares for the exponents in x f_x + sum_j alpha_j theta_j f_theta_j = span(linear).

    The same without the factors x and theta gives the shifts. An exponent counts where at least
    four random points agree on it.
    """
    count = len(curve.free)
    nonlinear = [j for j in range(count) if j not in linear]
    n = max(40, 4 * count)
    both: Any = jax.jit(partial(derivatives, curve))
    result = np.full((2, curve.n_predictors, count), np.nan)
    found: list[list[list[Floats]]] = [[[] for _ in range(curve.n_predictors)] for _ in range(2)]
    ranks: list[int] = []
    for trial in range(N_TRIALS):
        x = curve.draw_x(rng, n)
        theta = rng.uniform(0.3, 1.7, count)
        theta *= np.where(rng.random(count) < 0.2 * (trial % 2), -1, 1)
        jacobian, along = (np.asarray(part, float) for part in both(x, theta))
        if not (np.isfinite(jacobian).all() and np.isfinite(along).all()):
            continue
        ranks.append(scaled_rank(jacobian))
        for k in range(curve.n_predictors):
            scale = theta.copy()
            for which, target in ((0, -x[k] * along[k]), (1, -along[k])):
                columns = jacobian * (scale if which == 0 else 1.0)
                columns = np.hstack([columns[:, nonlinear], jacobian[:, linear]])
                if (solution := exact_solution(columns, target)) is not None:
                    kept = np.empty(count)
                    kept[nonlinear] = solution[: len(nonlinear)]
                    kept[linear] = solution[len(nonlinear) :] / theta[linear]
                    found[which][k].append(kept)
    for which in range(2):
        for k in range(curve.n_predictors):
            result[which, k] = agreed(found[which][k], count)
    deficient = len(ranks) >= N_NEEDED and max(ranks) < count
    return Dimensions(result[0], result[1], deficient)


def derivatives(curve: Curve, x: jax.Array, theta: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Jacobian in the parameters (n, p), and derivative along each predictor (predictors, n)."""
    directions = jnp.eye(x.shape[0])[: curve.n_predictors]

    def along(direction: jax.Array) -> jax.Array:
        tangent = jnp.broadcast_to(direction[:, None], x.shape)

        def value(z: jax.Array) -> jax.Array:
            return curve(z, theta)

        return jax.jvp(value, (x,), (tangent,))[1]

    jacobian = cast("Any", jax.jacfwd(partial(curve, x)))
    return jacobian(theta), jax.vmap(along)(directions)


def exact_solution(columns: Floats, target: Floats) -> Floats | None:
    """Coefficients if `target` lies in the span of independent `columns`, else None."""
    norms = np.linalg.norm(columns, axis=0) + 1e-300
    c, _, rank, _ = np.linalg.lstsq(columns / norms, target, rcond=1e-11)
    left = np.linalg.norm(target - columns / norms @ c)
    if rank < columns.shape[1] or left > 1e-7 * np.linalg.norm(target):
        return None
    return c / norms


def agreed(solutions: list[Floats], count: int) -> Floats:
    """The coefficients that are the same at every point; nan for the others."""
    if len(solutions) < N_NEEDED:
        return np.full(count, np.nan)
    middle = np.median(solutions, 0)
    spread = np.abs(np.array(solutions) - middle).max(0)
    return np.where(spread < 1e-4 * np.maximum(1, np.abs(middle)), middle, np.nan)


def scaled_rank(jacobian: Floats) -> int:
    """Numerical rank with columns of equal length."""
    norms = np.linalg.norm(jacobian, axis=0)
    s = np.linalg.svd(jacobian / np.where(norms == 0, 1, norms), compute_uv=False)
    return int((s > 1e-11 * s[0]).sum()) if s.size else 0
