"""Descent in the nonlinear parameters alone, the linear ones solved for. Runs in the worker."""

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.levenberg_marquardt import Descent, solved
from jax_workbench.tools.fit_curve.objective import Objective

MOST_STEPS = 60
GAIN = 1e-12


def project(
    objective: Objective, theta: Floats, linear: list[int]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Best linear parameters for the given others.

    Returns:
        theta, residual, Jacobian, and an orthonormal basis of the linear columns.
    """
    theta = np.array(theta, float)
    if not linear:
        r, jacobian = objective.residual_jacobian(theta)
        return theta, r, jacobian, np.zeros((r.size, 0))
    theta[linear] = 0
    r0, jacobian = objective.residual_jacobian(theta)
    columns = jacobian[:, linear]
    if not (np.isfinite(columns).all() and np.isfinite(r0).all()):
        return theta, np.full_like(r0, np.inf), jacobian, columns
    norms = np.linalg.norm(columns, axis=0)
    norms[norms == 0] = 1
    u, s, vt = np.linalg.svd(columns / norms, full_matrices=False)
    keep = s > 1e-14 * s[0]
    q = u[:, keep]
    theta[linear] = -(vt[keep].T @ (q.T @ r0 / s[keep])) / norms
    r, jacobian = objective.residual_jacobian(theta)
    return theta, r, jacobian, q


def kaufman_step(
    r: Floats, jacobian: Floats, q: Floats, nonlinear: list[int], damping: float
) -> Floats:
    """Damped step of the nonlinear parameters.

    Source:
        Kaufman, A variable projection method for solving separable nonlinear least squares
        problems (1975): the projected Jacobian without the derivative of the basis.
    """
    a = jacobian[:, nonlinear]
    a = a - q @ (q.T @ a)
    norms = np.linalg.norm(a, axis=0)
    norms[norms == 0] = 1
    m = len(nonlinear)
    a = np.vstack([a / norms, np.sqrt(damping) * np.eye(m)])
    return solved(a, np.concatenate([-r, np.zeros(m)])) / norms


def descend_projected(
    objective: Objective, theta: Floats, linear: list[int], most_steps: int = MOST_STEPS
) -> Descent:
    """Levenberg-Marquardt on the projected residual, clipped to the bounds."""
    nonlinear = [j for j in range(objective.p) if j not in linear]
    low, high = objective.curve.low, objective.curve.high
    theta, r, jacobian, q = project(objective, np.clip(theta, low, high), linear)
    cost = float(r @ r)
    damping, growth = 1e-2, 2.0
    for iteration in range(1, most_steps + 1):
        if not (np.isfinite(cost) and np.isfinite(jacobian).all()):
            return Descent(theta, np.inf, iteration, converged=False)
        if not nonlinear:
            return Descent(theta, cost, iteration, converged=True)
        step = kaufman_step(r, jacobian, q, nonlinear, damping)
        trial = theta.copy()
        trial[nonlinear] += step
        trial, r_new, jacobian_new, q_new = project(objective, np.clip(trial, low, high), linear)
        new = float(r_new @ r_new)
        if np.isfinite(new) and new < cost and np.isfinite(jacobian_new).all():
            along = jacobian[:, nonlinear] @ step
            expected = cost - float(np.sum((r + along - q @ (q.T @ along)) ** 2))
            rho = (cost - new) / expected if expected > 0 else 0.0
            done = cost - new < GAIN * cost
            theta, r, jacobian, q, cost = trial, r_new, jacobian_new, q_new, new
            damping *= max(1 / 3, 1 - (2 * rho - 1) ** 3)
            damping, growth = max(damping, 1e-15), 2.0
            if done or cost == 0:
                return Descent(theta, cost, iteration, converged=True)
        else:
            damping, growth = damping * growth, growth * 2
            if damping > 1e12:  # noqa: PLR2004 - steps are lost in rounding
                return Descent(theta, cost, iteration, converged=True)
    return Descent(theta, cost, most_steps, converged=False)
