"""Searches for the global optimum from many drawn starts. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.levenberg_marquardt import Descent
from jax_workbench.tools.fit_curve.objective import Objective, Rows
from jax_workbench.tools.fit_curve.proposals import Proposals
from jax_workbench.tools.fit_curve.variable_projection import descend_projected


@dataclass(frozen=True)
class Effort:
    """How much one search tries."""

    n_candidates: int = 4096
    n_best: int = 36
    n_random: int = 12
    n_rounds: int = 3
    n_copies: int = 2048
    n_best_copies: int = 10
    n_random_copies: int = 6
    n_finalists: int = 6


FULL = Effort()


def effort_for(n_nonlinear: int) -> Effort:
    """Enough for so many parameters that have to be searched; few need few."""
    if n_nonlinear <= 1:
        return Effort(1024, 12, 4, 1, 256, 4, 2, 4)
    if n_nonlinear == 2:  # noqa: PLR2004
        return Effort(2048, 20, 8, 2, 1024, 6, 4, 4)
    return FULL


DISTINCT = 0.05
"""Decades by which two candidates must differ in some parameter."""
APART, N_APART = 1e-3, 4
"""Relative difference of two costs that are not one optimum; how many such ends a search gives."""


def search(  # noqa: PLR0913, PLR0917 - each is one part of the search
    objective: Objective,
    score: Callable[[Rows, Floats], Floats],
    proposals: Proposals,
    linear: list[int],
    rng: np.random.Generator,
    effort: Effort = FULL,
) -> list[Descent]:
    """The finalists of one search, best first.

    Ranks drawn candidates by what their best linear parameters leave over, refines the best by
    variable projection, then redraws blocks of coordinates of the best solutions.
    """
    nonlinear = [j for j in range(objective.p) if j not in linear]
    candidates = proposals.draw(effort.n_candidates, nonlinear)
    pool = refined(
        objective,
        chosen(
            candidates,
            score(objective.rows, candidates),
            nonlinear,
            effort.n_best,
            effort.n_random,
            rng,
        ),
        linear,
    )
    for _ in range(effort.n_rounds):
        best = distinct(pool, nonlinear, 4)
        if not best:
            break
        copies = resampled(best, proposals, nonlinear, effort.n_copies, rng)
        picked = chosen(
            copies,
            score(objective.rows, copies),
            nonlinear,
            effort.n_best_copies,
            effort.n_random_copies,
            rng,
        )
        pool += refined(objective, picked, linear)
    finalists = distinct(pool, nonlinear, effort.n_finalists)
    # Copies of one optimum, a spike on one row among them, may fill that list.
    listed = {id(end) for end in finalists}
    return finalists + [end for end in apart_in_cost(pool, N_APART) if id(end) not in listed]


def refined(objective: Objective, thetas: list[Floats], linear: list[int]) -> list[Descent]:
    """Each candidate's descent."""
    return [descend_projected(objective, theta, linear) for theta in thetas]


def chosen(  # noqa: PLR0913, PLR0917 - each is one part of the choice
    thetas: Floats,
    scores: Floats,
    nonlinear: list[int],
    n_best: int,
    n_random: int,
    rng: np.random.Generator,
) -> list[Floats]:
    """The best distinct candidates, and some at random from the best quarter."""
    order = np.argsort(scores, kind="stable")
    order = order[np.isfinite(scores[order])]
    picked: list[Floats] = []
    for i in order[: 40 * n_best]:
        if len(picked) == n_best:
            break
        if all(is_apart(thetas[i], other, nonlinear) for other in picked):
            picked.append(thetas[i])
    quarter = order[: max(len(order) // 4, 1)]
    if not quarter.size:
        return picked
    extra = rng.choice(quarter, min(n_random, quarter.size), replace=False)
    return picked + [thetas[i] for i in extra]


def distinct(pool: list[Descent], nonlinear: list[int], count: int) -> list[Descent]:
    """The best descents that ended apart from each other."""
    best: list[Descent] = []
    for descent in sorted(pool, key=lambda d: d.cost):
        if len(best) == count or not np.isfinite(descent.cost):
            break
        if all(is_apart(descent.theta, other.theta, nonlinear) for other in best):
            best.append(descent)
    return best


def apart_in_cost(pool: list[Descent], count: int) -> list[Descent]:
    """The best descents whose costs differ, the lowest first."""
    best: list[Descent] = []
    for descent in sorted(pool, key=lambda d: d.cost):
        if len(best) == count or not np.isfinite(descent.cost):
            break
        if not best or descent.cost > best[-1].cost * (1 + APART):
            best.append(descent)
    return best


def is_apart(a: Floats, b: Floats, nonlinear: list[int]) -> bool:
    """Whether two points differ by more than `DISTINCT` decades, or in sign, somewhere."""
    u, v = a[nonlinear], b[nonlinear]
    with np.errstate(divide="ignore", invalid="ignore"):
        decades = np.abs(np.log10(np.abs(u)) - np.log10(np.abs(v)))
    decades = np.where(u == v, 0.0, np.where(np.isnan(decades), np.inf, decades))
    return bool(np.any(np.sign(u) != np.sign(v)) or np.max(decades, initial=0.0) > DISTINCT)


def resampled(
    best: list[Descent],
    proposals: Proposals,
    nonlinear: list[int],
    count: int,
    rng: np.random.Generator,
) -> Floats:
    """Copies of `best` in which each coordinate is redrawn with a random probability."""
    parents = np.array([descent.theta for descent in best])
    copies = parents[rng.integers(len(parents), size=count)]
    fresh = proposals.draw(count, nonlinear)
    redrawn = rng.random(copies.shape) < rng.uniform(0.2, 0.8, (count, 1))
    return np.where(redrawn, fresh, copies)
