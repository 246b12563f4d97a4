"""A start for data sets that are fitted together. Runs in the worker."""

from collections.abc import Callable

import numpy as np

from jax_workbench.tools.fit_curve.curve import Curve, Floats, Free, Slot
from jax_workbench.tools.fit_curve.objective import Rows
from jax_workbench.tools.fit_curve.solve import Solver


def start_from_single_fits(
    curve: Curve, rows: Rows, seed: int, say: Callable[[str], None]
) -> Floats:
    """Fit each set alone, and put the parameters together; shape (p,).

    A shared parameter starts at the median over the sets.
    """
    singles: list[Floats] = []
    alone = single_curve(curve)
    solver: Solver | None = None
    for number in range(curve.n_sets):
        say(f"fitting data set {number + 1} of {curve.n_sets} alone")
        # Weight 0 leaves the other sets out without another shape to compile for.
        weight = np.where(rows.x[-1] == number, rows.weight, 0.0)
        own = Rows(rows.x[:-1], rows.y, weight)
        solver = Solver(alone, own, seed) if solver is None else solver.onto(own)
        singles.append(solver.solve(np.full(len(alone.free), np.nan), searching=True).theta)
    start = np.zeros(len(curve.free))
    position = 0
    for slot in curve.slots:
        if not slot.free:
            continue
        column = np.array([single[position] for single in singles])
        for number, index in enumerate(slot.free):
            start[index] = np.median(column) if len(slot.free) == 1 else column[number]
        position += 1
    return np.clip(start, curve.low, curve.high)


def single_curve(curve: Curve) -> Curve:
    """The same model with one value of each parameter."""
    free: list[Free] = []
    slots: list[Slot] = []
    for slot in curve.slots:
        if slot.free:
            slots.append(Slot(slot.name, (len(free),)))
            free.append(curve.free[slot.free[0]])
        else:
            slots.append(slot)
    return Curve(curve.model, curve.n_predictors, tuple(free), tuple(slots))
