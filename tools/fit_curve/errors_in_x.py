"""Least squares where the predictor has errors too. Runs in the worker."""

from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend, polish
from jax_workbench.tools.fit_curve.objective import Objective, Residual, Rows
from jax_workbench.tools.fit_curve.solve import Solution

N_STEPS = 12
"""Gauss-Newton steps for the true x of each row; they converge in a few unless the curve bends
within one standard deviation."""


def orthogonal_residual(curve: Curve, x_sigma: Floats) -> Residual:
    """Signed distance of each observation from the curve, in standard deviations of both errors.

    Each row's true x is solved for, so that the sum of squares is that of orthogonal distance
    regression, and its derivative in the parameters needs the true x only where it stands.

    Source:
        Boggs, Byrd and Schnabel, A stable and efficient algorithm for nonlinear orthogonal
        distance regression (1987), problem 1.3.
    """
    spread = jnp.asarray(np.maximum(x_sigma, 1e-300))

    def residual(theta: jax.Array, x: jax.Array, y: jax.Array, weight: jax.Array) -> jax.Array:
        fixed = jax.lax.stop_gradient(theta)

        def at(shift: jax.Array, theta: jax.Array) -> jax.Array:
            return (curve(x.at[0].add(shift * spread), theta) - y) * weight

        def slope(shift: jax.Array) -> tuple[jax.Array, jax.Array]:
            def value(shift: jax.Array) -> jax.Array:
                return at(shift, fixed)

            return jax.jvp(value, (shift,), (jnp.ones_like(shift),))

        def step(_: int, shift: jax.Array) -> jax.Array:
            r, g = slope(shift)
            new = (g * shift - r) * g / (1 + g**2)
            return jnp.where(jnp.isfinite(new), new, shift)

        shift = cast("jax.Array", jax.lax.fori_loop(0, N_STEPS, step, jnp.zeros_like(y)))
        _, g = slope(shift)
        # (r, shift) is normal to the curve there: its length, signed, and its projection agree.
        return (at(shift, theta) - g * shift) / jnp.sqrt(1 + g**2)

    return residual


def fit_with_errors_in_x(
    curve: Curve, rows: Rows, x_sigma: Floats, solution: Solution
) -> tuple[Objective, Floats, float, float, bool]:
    """Descend from the fit that took x for exact.

    Returns:
        Objective, theta, cost, correct digits, whether it converged.
    """
    objective = Objective(curve, rows, residual=orthogonal_residual(curve, x_sigma))
    with np.errstate(all="ignore"):
        end = descend(objective, solution.theta)
        theta, step = polish(objective, end.theta)
    digits = float(np.clip(-np.log10(max(step, 1e-300)), 0, 16))
    return objective, theta, objective.local(theta).cost, digits, end.converged
