"""Joint descent in all parameters, inside bounds, and its polish. Runs in the worker."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.objective import Local, Objective

EPS = float(np.finfo(float).eps)
MOST_STEPS = 400
GAIN = 1e-14
MOST_DAMPING = 1e15
STEP = 1e-9
MOST_POLISH = 200
MANY = 64
"""Parameters from which a pivoted QR takes the place of singular values, which take far longer."""


@dataclass(frozen=True)
class Descent:
    """Where a descent ended, and how."""

    theta: Floats
    cost: float
    iterations: int
    converged: bool


def descend(
    objective: Objective,
    theta: Floats,
    *,
    held: tuple[int, ...] = (),
    most_steps: int = MOST_STEPS,
) -> Descent:
    """Levenberg-Marquardt from `theta`, without moving the parameters `held`.

    A parameter on a bound that the gradient pushes outwards stays there for the step. Ends when
    the relative gain is at most 1e-14 and every step at most 1e-9 relative, or where the model is
    not finite.

    Source:
        Nielsen, Damping parameter in Marquardt's method (1999); Moré, The Levenberg-Marquardt
        algorithm (1978) for the scaling.
    """
    low, high = objective.curve.low, objective.curve.high
    theta = np.clip(np.array(theta, float), low, high)
    here = objective.local(theta)
    damping, growth = 1e-3, 2.0
    for iteration in range(1, most_steps + 1):
        if not here.is_finite:
            return Descent(theta, np.inf, iteration, converged=False)
        moving = free_to_move(here, theta, low, high, held)
        step = np.zeros_like(theta)
        step[moving] = damped_step(here, moving, damping)
        trial = np.clip(theta + step, low, high)
        there = objective.local(trial)
        expected = here.cost - model_cost(here, trial - theta)
        gain = here.cost - there.cost
        small = bool(np.all(np.abs(trial - theta) <= STEP * np.abs(theta) + 1e-300))
        if there.is_finite and gain >= 0:
            rho = gain / expected if expected > 0 else 0.0
            theta, done = trial, gain <= GAIN * here.cost and small
            here = there
            damping *= max(1 / 3, 1 - (2 * rho - 1) ** 3)
            damping, growth = max(damping, 1e-15), 2.0
            if done or here.cost == 0:
                return Descent(theta, here.cost, iteration, converged=True)
        else:
            if small or damping > MOST_DAMPING:
                return Descent(theta, here.cost, iteration, converged=True)
            damping, growth = damping * growth, growth * 2
    return Descent(theta, here.cost, most_steps, converged=False)


def free_to_move(
    here: Local, theta: Floats, low: Floats, high: Floats, held: tuple[int, ...]
) -> Floats:
    """Which parameters may move: not held, not pressed against a bound."""
    gradient = here.r.T @ here.qtr
    pressed = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    moving = ~pressed
    moving[list(held)] = False
    return moving


def damped_step(here: Local, moving: Floats, damping: float) -> Floats:
    """Least squares on the scaled triangle; never the normal equations, which halve the digits."""
    a = here.r[:, moving]
    norms = np.linalg.norm(a, axis=0)
    norms[norms == 0] = 1
    m = a.shape[1]
    stacked = np.vstack([a / norms, np.sqrt(damping) * np.eye(m)])
    right = np.concatenate([-here.qtr, np.zeros(m)])
    return solved(stacked, right) / norms


def solved(a: Floats, b: Floats) -> Floats:
    """Least squares; zero where linear algebra fails."""
    if not np.isfinite(a).all() or a.shape[1] == 0:
        return np.zeros(a.shape[1])
    try:
        if a.shape[1] > MANY:
            solution: Any = linalg.lstsq(a, b, lapack_driver="gelsy", check_finite=False)
            return np.asarray(solution[0])
        return np.linalg.lstsq(a, b, rcond=None)[0]
    except np.linalg.LinAlgError:
        return np.zeros(a.shape[1])


def model_cost(here: Local, step: Floats) -> float:
    """Cost that the linear model promises after `step`."""
    left = here.qtr + here.r @ step
    return here.cost - float(here.qtr @ here.qtr) + float(left @ left)


def polish(objective: Objective, theta: Floats, held: tuple[int, ...] = ()) -> tuple[Floats, float]:
    """Undamped Gauss-Newton to the floor of rounding.

    Returns:
        The point with the smallest relative step seen, and that step. Parameters on their bounds
        stay there.
    """
    low, high = objective.curve.low, objective.curve.high
    here = objective.local(theta)
    if not here.is_finite:
        return theta, 1.0
    moving = free_to_move(here, theta, low, high, held) & (theta > low) & (theta < high)
    scale = objective.scale
    allowed = here.cost * (1 + 1e-10) + 16 * EPS * np.sqrt(here.cost) * scale + 1e-28 * scale**2
    best, best_step, waited = theta, np.inf, 0
    for _ in range(MOST_POLISH):
        step = np.zeros_like(theta)
        step[moving] = damped_step(here, moving, 0.0)
        relative = float(np.max(np.abs(step) / (np.abs(theta) + 1e-300), initial=0.0))
        if relative < best_step:
            best, best_step, waited = theta, relative, 0
        else:
            waited += 1
        # Steps are not monotonic near the floor, so one increase is no reason to stop.
        if waited > 3 or relative < 1e-15:  # noqa: PLR2004
            break
        trial = np.clip(theta + step, low, high)
        there = objective.local(trial)
        if not (there.is_finite and there.cost <= allowed):
            break
        theta, here = trial, there
    return best, best_step
