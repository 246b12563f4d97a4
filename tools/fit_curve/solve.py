"""Which searches and descents are run, and which end is the answer. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from jax_workbench.tools.fit_curve.analysis import Analysis, analyse
from jax_workbench.tools.fit_curve.canonical_form import Canonical, Form
from jax_workbench.tools.fit_curve.curve import Curve, Floats
from jax_workbench.tools.fit_curve.dimensions import Dimensions
from jax_workbench.tools.fit_curve.levenberg_marquardt import MANY as MANY_PARAMETERS
from jax_workbench.tools.fit_curve.levenberg_marquardt import Descent, descend, polish
from jax_workbench.tools.fit_curve.multistart import Effort, apart_in_cost, effort_for, search
from jax_workbench.tools.fit_curve.nlsq_engine import nlsq_descend
from jax_workbench.tools.fit_curve.objective import Objective, Rows, thinned
from jax_workbench.tools.fit_curve.proposals import Proposals
from jax_workbench.tools.fit_curve.single_row import PassedOver, on_all_rows
from jax_workbench.tools.fit_curve.variable_projection import descend_projected, project

N_SEARCHES = 3
N_RIVALS = 5
MANY = 1_000_000
"""Rows from which NLSQ makes the first descent on all of them."""
MOST_SEARCHED = 2000
"""Rows that a search looks at; more are thinned evenly along x."""
ROWS_PER_PARAMETER = 10
MOST_MAPPED = 6
"""Nonlinear parameters of several data sets whose equivalent values are sought all at once."""
SAME = 1e-6
CONFIRMING = Effort(
    n_candidates=1024,
    n_best=12,
    n_random=4,
    n_rounds=1,
    n_copies=512,
    n_best_copies=4,
    n_random_copies=2,
    n_finalists=4,
)
"""The search beside a start whose descents agree: enough to see that it is not the best."""


@dataclass(frozen=True)
class Solution:
    """An optimum, and how far it can be trusted to be the lowest.

    Attributes:
        starts: Candidates that were ranked or descended from.
        n_searches: Independent searches; `agreed` of them reached the lowest cost.
        next_best_ratio: Cost of the next distinct optimum over the lowest, None without one.
        rivals: Further optima, the lowest first.
        passed_over: A lower one that rests on a single row.
        digits: -log10 of the last relative step of the polish.
    """

    theta: Floats
    cost: float
    form: Form
    linear: list[int]
    dimensions: Dimensions
    starts: int
    n_searches: int
    agreed: int
    next_best_ratio: float | None
    iterations: int
    digits: float
    converged: bool
    engine: str
    rivals: list[Floats] = field(default_factory=list[Floats])
    passed_over: PassedOver | None = None


class Solver:
    """Fits one curve to its rows."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is one fact about the fit
        self,
        curve: Curve,
        rows: Rows,
        seed: int,
        say: Callable[[str], None] = lambda _: None,
        has_time: Callable[[], bool] = lambda: True,
        analysis: Analysis | None = None,
    ) -> None:
        """Without `has_time` no search is begun; `analysis` may be that of more sets."""
        self.curve = curve
        self.rows = rows
        self.objective = Objective(curve, rows)
        self._seed = seed
        self._say = say
        self._has_time = has_time
        if analysis is None:
            say("finding the linear parameters")
            analysis = analyse(curve, rows.x, self._rng(0))
        self.analysis = analysis
        every = analysis.of_all_sets(curve)
        self.linear, self.dimensions = every.linear, every.dimensions
        sample = self._thinned(rows)
        self.sample = self.objective if sample is rows else Objective(curve, sample)
        self._ranking: Callable[[Rows, Floats], Floats] = self.sample.ranking(self.linear)
        self.starts_ranked = 0
        self.iterations = 0

    def onto(self, rows: Rows) -> "Solver":
        """The same analysis for other rows of the same number; nothing is compiled again."""
        other = object.__new__(Solver)
        other.__dict__.update(self.__dict__)
        other.rows = rows
        other.objective = self.objective.onto(rows)
        sample = self._thinned(rows)
        other.sample = other.objective if sample is rows else self.sample.onto(sample)
        return other

    @property
    def maps_equivalents(self) -> bool:
        """Whether solutions are told by their canonical values."""
        n_nonlinear = len(self.curve.free) - len(self.linear)
        return n_nonlinear > 0 and (self.curve.n_sets == 1 or n_nonlinear <= MOST_MAPPED)

    def _thinned(self, rows: Rows) -> Rows:
        """Rows to search on: enough for each parameter, of all data sets."""
        return thinned(rows, max(MOST_SEARCHED, ROWS_PER_PARAMETER * len(self.curve.free)))

    def _rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, number])

    def solve(self, starts: Floats, *, searching: bool) -> Solution:
        """The best fit.

        Args:
            starts: Shape (p,), nan where none was given.
            searching: Whether to look beyond the descents from the start.
        """
        with np.errstate(all="ignore"):
            return self._solve(starts, searching=searching)

    def _solve(self, starts: Floats, *, searching: bool) -> Solution:
        p = len(self.curve.free)
        if len(self.linear) == p:
            theta = project(self.objective, np.zeros(p), self.linear)[0]
            return self._finished(
                [Descent(theta, self.objective.local(theta).cost, 1, True)],
                [0],
                starts,
                "linear least squares",
                n_searches=1,
            )
        ends: list[Descent] = []
        origin: list[int] = []
        needs_search = True
        if np.isfinite(starts).all():
            pair = self._from_start(starts)
            ends += pair
            origin += [-1] * len(pair)
            gap = abs(pair[0].cost - pair[-1].cost)
            needs_search = not (gap <= SAME * min(e.cost for e in pair) + self._floor())
        elif not searching:
            ends += self._from_start(np.where(np.isfinite(starts), starts, 1.0))
            origin += [-1] * len(ends)
        n_searches = 0
        full = effort_for(p - len(self.linear))
        if searching:
            for number in range(1, N_SEARCHES + 1):
                effort = full if needs_search else CONFIRMING
                finalists = self._search(number, effort, starts)
                ends += finalists
                origin += [number] * len(finalists)
                n_searches = number
                best = min(e.cost for e in ends) if ends else np.inf
                start_best = min(
                    (e.cost for e, o in zip(ends, origin, strict=True) if o == -1), default=np.inf
                )
                needs_search |= best < start_best * (1 - SAME) - self._floor()
                if not needs_search or not self._has_time():
                    break
        if not [end for end in ends if np.isfinite(end.cost)]:
            return self._nothing(starts)
        return self._finished(ends, origin, starts, "variable projection", n_searches)

    def _floor(self) -> float:
        """Differences in cost below this are rounding."""
        return 1e-26 * self.objective.scale**2

    def _from_start(self, start: Floats) -> list[Descent]:
        self._say("descending from the start")
        if len(start) > MANY_PARAMETERS:
            self.starts_ranked += 1
            return [self._joint(start)]
        projected = descend_projected(self.sample, start, self.linear)
        ends = [self._joint(start)]
        if np.isfinite(projected.cost):
            ends.insert(0, self._joint(projected.theta))
        self.starts_ranked += 1
        self.iterations += projected.iterations
        return ends

    def _joint(self, theta: Floats) -> Descent:
        end = descend(self.sample, theta)
        self.iterations += end.iterations
        return end

    def _on_all_rows(self, theta: Floats) -> Descent:
        """From the optimum of the sample to that of all rows, which lies near."""
        self._say(f"descending on all {self.objective.n} rows")
        if (
            self.objective.n >= MANY
            and (found := nlsq_descend(self.curve, self.rows, theta)) is not None
        ):
            theta = min(theta, found, key=lambda t: self.objective.local(t).cost)
        self._say("polishing on all rows, in chunks")
        end = descend(self.objective, theta)
        self.iterations += end.iterations
        return end

    def _search(self, number: int, effort: Effort, starts: Floats) -> list[Descent]:
        self._say(f"search {number} of {N_SEARCHES}")
        rng = self._rng(number)
        proposals = Proposals(self.curve, self.dimensions, self.rows.x, rng)
        proposals.hold(starts)
        finalists = search(self.sample, self._ranking, proposals, self.linear, rng, effort)
        self.starts_ranked += effort.n_candidates + effort.n_rounds * effort.n_copies
        return [self._joint(end.theta) for end in finalists]

    def _finished(
        self,
        ends: list[Descent],
        origin: list[int],
        starts: Floats,
        engine: str,
        n_searches: int,
    ) -> Solution:
        """Canonical form, polish and the tally of the searches."""
        held, passed_over = on_all_rows(self.sample, ends)
        ends, origin = [ends[i] for i in held], [origin[i] for i in held]
        lowest = min(end.cost for end in ends)
        # Among equals the first: a descent from the caller's start, if there is one.
        equals = [end for end in ends if end.cost <= lowest * (1 + 1e-9) + self._floor()]
        best = min(equals, key=wildness) if self.dimensions.is_rank_deficient else equals[0]
        within = (
            best.cost * (1 + SAME)
            + 16 * np.finfo(float).eps * np.sqrt(best.cost) * self.objective.scale
            + 1e-26 * self.objective.scale**2
        )
        agreed = {o for end, o in zip(ends, origin, strict=True) if end.cost <= within}
        others = apart_in_cost([end for end in ends if end.cost > within], N_RIVALS)
        ratio = min((end.cost / best.cost for end in others if best.cost > 0), default=None)
        form = Form(best.theta)
        if self.maps_equivalents and np.isfinite(best.cost):
            form = Canonical(self.sample, self.linear, self.dimensions, starts).form(best.theta)
        if self.sample is not self.objective and len(self.linear) < len(self.curve.free):
            best = self._on_all_rows(form.theta)
            form = replace(form, theta=best.theta)
            if self.objective.n >= MANY:
                engine += ", NLSQ on all rows"
        theta, step = polish(self.objective, form.theta)
        cost = self.objective.local(theta).cost
        return Solution(
            theta=theta,
            cost=cost,
            form=form,
            linear=self.linear,
            dimensions=self.dimensions,
            starts=max(self.starts_ranked, 1),
            n_searches=n_searches,
            agreed=len(agreed),
            next_best_ratio=None if ratio is None else float(ratio),
            iterations=self.iterations,
            digits=float(np.clip(-np.log10(max(step, 1e-300)), 0, 16)),
            converged=best.converged or step < 1e-6,  # noqa: PLR2004
            engine=engine,
            rivals=[end.theta for end in others],
            passed_over=passed_over,
        )

    def _nothing(self, starts: Floats) -> Solution:
        """No finite value was met anywhere."""
        theta = np.where(np.isfinite(starts), starts, 1.0)
        form = Form(theta)
        return Solution(
            theta,
            np.inf,
            form,
            self.linear,
            self.dimensions,
            self.starts_ranked,
            0,
            0,
            None,
            self.iterations,
            0.0,
            False,
            "variable projection",
        )


def wildness(end: Descent) -> float:
    """How far from order one the parameters are; a * b may split into 1e-8 and 1e8."""
    return float(np.abs(np.log10(np.abs(end.theta) + 1e-300)).sum())
