"""A start for data sets that are fitted together. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.canonical_form import Form
from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.objective import Rows, thinned
from jax_workbench.tools.fit_curve.solve import Solution, Solver

MOST_ALONE = 1024
"""Rows of a set that its own fit looks at; the fit of all sets together reads every row."""
N_SEARCHED = 3
"""Sets that are searched from nothing; the others are begun from what was found for these."""
AS_GOOD = 4.0
"""How many times the others' mean square a set may leave that is not searched for a better fit."""


@dataclass(frozen=True)
class Start:
    """Where the fit of all sets begins, and which other values would do as well in one set."""

    theta: Floats
    equivalences: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()

    def form(self, theta: Floats) -> Form:
        """`theta`, the optimum of all sets, with what is known of each."""
        return Form(theta, self.equivalences, self.ambiguous)


class SingleFits:
    """Fits each data set alone, and compiles once for all sets of about the same size."""

    def __init__(self, together: Solver, seed: int, has_time: Callable[[], bool]) -> None:
        """`together` is to fit all sets; searches are left out once `has_time` is false."""
        self._alone = together.curve.of_one_set()
        self._rows = together.rows
        self._analysis = together.analysis
        self._seed = seed
        self._has_time = has_time
        self._solvers: dict[int, Solver] = {}
        self._found: list[Floats] = []
        self._mean_squares: list[float] = []

    def fit(self, number: int, starts: Floats) -> Solution:
        """The fit of one set; `starts` as the caller gave them, nan elsewhere."""
        own = self._rows_of(number)
        solver = self._solver_for(own)
        n_weighted = max(np.count_nonzero(own.weight), 1)
        solution: Solution | None = None
        if len(self._found) >= N_SEARCHED:
            starts = np.where(np.isfinite(starts), starts, np.median(self._found, axis=0))
            solution = solver.solve(starts, searching=False)
            usual = AS_GOOD * float(np.median(self._mean_squares))
            floor = 1e-20 * solver.objective.scale**2
            if not solution.cost <= n_weighted * usual + floor and self._has_time():
                solution = None
        if solution is None:
            solution = solver.solve(starts, searching=self._has_time())
        if np.isfinite(solution.cost):
            self._found.append(solution.theta)
            self._mean_squares.append(solution.cost / n_weighted)
        return solution

    def _solver_for(self, own: Rows) -> Solver:
        """What is compiled already for as many rows, if anything is."""
        size = own.y.size
        if size in self._solvers:
            return self._solvers[size].onto(own)
        solver = Solver(self._alone, own, self._seed, analysis=self._analysis)
        self._solvers[size] = solver
        return solver

    def _rows_of(self, number: int) -> Rows:
        """Those of one set, filled up to a power of two with rows of no weight."""
        index = np.flatnonzero(self._rows.x[-1] == number)
        own = self._rows.taken(index)
        own = thinned(Rows(own.x[:-1], own.y, own.weight), MOST_ALONE)
        n = int(own.y.size)
        place = np.arange(1 << (n - 1).bit_length())
        padded = own.taken(np.minimum(place, n - 1))
        return Rows(padded.x, padded.y, np.where(place < n, padded.weight, 0.0))


def start_from_single_fits(fits: SingleFits, curve: Curve, say: Callable[[str], None]) -> Start:
    """Fit each set alone, and put the parameters together.

    A shared parameter starts at the median over the sets; a start that the caller gave is where the
    single fits begin.
    """
    given = np.array([np.nan if f.start is None else f.start for f in curve.of_one_set().free])
    solutions: list[Solution] = []
    for number in range(curve.n_sets):
        say(f"fitting data set {number + 1} of {curve.n_sets} alone")
        solutions.append(fits.fit(number, given))
    start = np.zeros(len(curve.free))
    for place, slot in enumerate(slot for slot in curve.slots if slot.free):
        column = np.array([solution.theta[place] for solution in solutions])
        start[list(slot.free)] = np.median(column) if len(slot.free) == 1 else column
    forms = [solution.form for solution in solutions]
    return Start(
        np.clip(start, curve.low, curve.high),
        tuple(dict.fromkeys(text for form in forms for text in form.equivalences)),
        tuple(dict.fromkeys(text for form in forms for text in form.ambiguous)),
    )
