"""Optima that pass through one row and say nothing of the others. Runs in the worker.

A peak narrower than the spacing of the rows can always be put on the row that lies farthest off.
Its sum of squares may be the lowest there is, as the likelihood of a mixture has no bound (Day,
Biometrika 56 (1969)), and still no one means it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.levenberg_marquardt import Descent
from jax_workbench.tools.fit_curve.objective import Objective

WHOLE = 1 - 1e-6
"""Leverage of a row that the fit passes through whatever its value is."""
MOST_WORSE = 10.0
"""How many times its sum of squares an optimum may leave that rests on all rows."""


@dataclass(frozen=True)
class PassedOver:
    """The lower optimum that was not taken: the row that it rests on, and cost over ours."""

    row: int
    cost_ratio: float


def single_row(objective: Objective, theta: Floats) -> int | None:
    """The row that a fit passes through while parameters have no other hold, else None.

    That is one of leverage 1 while the Jacobian lacks rank: a row that determines one parameter
    properly, as the first of a decay may, leaves the rank whole.
    """
    if objective.n > objective.chunk:
        return None
    _, jacobian = objective.residual_jacobian(theta)
    if not np.isfinite(jacobian).all():
        return None
    norms = np.linalg.norm(jacobian, axis=0)
    left, singular, _ = np.linalg.svd(jacobian / np.where(norms > 0, norms, 1), full_matrices=False)
    kept = singular > 1e-10 * singular.max(initial=0.0)
    if kept.all():
        return None
    leverage = np.sum(left[:, kept] ** 2, axis=1)
    row = int(np.argmax(leverage))
    return row if leverage[row] > WHOLE else None


def on_all_rows(
    objective: Objective, ends: Sequence[Descent]
) -> tuple[list[int], PassedOver | None]:
    """Which of `ends` to choose from: all, or those that do not rest on single rows.

    The latter where the lowest one does, and one that does not is at most `MOST_WORSE` times worse.
    """
    everyone = list(range(len(ends)))
    lowest = min(everyone, key=lambda i: ends[i].cost)
    row = single_row(objective, ends[lowest].theta)
    if row is None or ends[lowest].cost <= 0:
        return everyone, None
    limit = MOST_WORSE * ends[lowest].cost
    near = [i for i in everyone if ends[i].cost <= limit]
    held = [i for i in near if single_row(objective, ends[i].theta) is None]
    if not held:
        return everyone, None
    best = min(ends[i].cost for i in held)
    return held, PassedOver(row, ends[lowest].cost / best)
