"""Short chains from far starts: do they end where the draws are? Runs in the worker."""

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.kernels import Seen, State
from jax_workbench.tools.run_mcmc.multimodality import (
    another_mode,
    highest_potential,
    unconstrained_scalars,
)
from jax_workbench.tools.run_mcmc.posterior import Point
from jax_workbench.tools.run_mcmc.posterior_shape import is_flat
from jax_workbench.tools.run_mcmc.preparation import Ready
from jax_workbench.tools.run_mcmc.sampler import Budget, Sampler
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.scalars import Scalars, ranked
from jax_workbench.tools.run_mcmc.starts import N_CANDIDATES, RADIUS, Candidates

N_STARTS = 12
"""Far starts that are tried, a few at a time: as many as there are chains."""
N_TRANSITIONS = 250
N_KEPT = 50
FLAT_RADIUS = 20.0
"""Half the width in unconstrained space from which sites without a prior start."""


@dataclass(frozen=True)
class FarEnds:
    """Where chains from far starts were at their end."""

    n_started: int = 0
    n_arrived: int = 0
    """At a density that compares with that of the draws."""
    mode: Finding | None = None
    """A place where no draw is."""

    def unseen(self) -> str:
        """What these chains leave open; empty where nothing."""
        n_away = self.n_started - self.n_arrived
        if self.n_started == 0:
            return "modes far from the starts"
        if n_away == 0 or self.mode is not None:
            return ""
        return (
            f"modes near {n_away} of {self.n_started} far starts, whose chains had not come down "
            f"after {N_TRANSITIONS} transitions"
        )


@dataclass(frozen=True)
class FarLook:
    """Chains from the prior, and from a wide box where the prior is flat.

    They adapt on their way, from the beginning: with the step that the draws need, a chain that
    starts where the density is steep does not move at all.
    """

    ready: Ready
    sampler: Sampler
    budget: Budget

    def look(self, key: Any, sampled: Sampled) -> FarEnds:
        """Try far starts until one ends elsewhere, or time is over."""
        start_key, run_key = jax.random.split(key)
        candidates = self.ready.starts.tried(self._far_points(start_key))
        known = unconstrained_scalars(sampled.seen["z"])
        rows = far_apart(candidates, known.columns.mean(axis=(0, 1)))
        if not len(rows):
            return FarEnds()
        n = self.sampler.chains.n_chains
        n_rounds = math.ceil(min(N_STARTS, len(rows)) / n)
        potential = np.asarray(sampled.seen["potential"], np.float64)
        n_arrived = 0
        for number, chosen in enumerate(np.resize(rows, (n_rounds, n))):
            point = {name: jnp.asarray(value)[chosen] for name, value in candidates.z.items()}
            state = self.sampler.start(jax.random.fold_in(run_key, number), point)
            state, ends = self._moved_on(state)
            mode = mode_of(ends, known, potential)
            if mode is not None:  # a chain that is still on its way looks so for a while
                _, ends = self._moved_on(state)
                mode = mode_of(ends, known, potential)
            if ends is None:
                return FarEnds()
            at = np.median(np.asarray(ends["potential"], np.float64), axis=1)
            n_arrived += int((at <= highest_potential(potential)).sum())
            if mode is not None:
                return FarEnds((number + 1) * n, n_arrived, mode)
        return FarEnds(n_rounds * n, n_arrived)

    def _moved_on(self, state: State) -> tuple[State, Seen | None]:
        """The chains after a while, and their last transitions; None where time ran out."""
        n_way = N_TRANSITIONS - N_KEPT
        state, way = self.sampler.advance(state, n_way, self.budget, keep=False)
        if way.n < n_way:
            return state, None
        state, last = self.sampler.advance(state, N_KEPT, self.budget)
        return state, last.stacked() if last.n == N_KEPT else None

    def _far_points(self, key: Any) -> Point:
        """Draws of the prior; flat sites in a wide box."""
        latents = self.ready.sites.latents
        points = self.ready.starts.prior_draws(key, "prior", N_CANDIDATES)
        return {
            name: np.asarray(value) * (FLAT_RADIUS / RADIUS if is_flat(latents[name]) else 1.0)
            for name, value in points.items()
        }


def mode_of(ends: Seen | None, known: Scalars, potential: NDArray[np.float64]) -> Finding | None:
    """What chains that had time to end show of another mode."""
    if ends is None:
        return None
    at = np.asarray(ends["potential"], np.float64)
    return another_mode(known, potential, unconstrained_scalars(ends["z"]), at)


def far_apart(candidates: Candidates, origin: NDArray[np.float64]) -> NDArray[np.intp]:
    """Usable candidates, each as far as can be from those before it and from `origin`.

    Far in ranks among the candidates: so no scale and no heavy tail of one scalar decides.

    Args:
        candidates: Unconstrained points, tried.
        origin: Where the draws are, shape (scalars,).
    """
    usable = np.flatnonzero(candidates.is_finite)
    points = columns_of(candidates.z)[usable]
    ranks = ranked(np.vstack([origin, points]))
    order: list[int] = []
    nearest = np.full(len(usable), np.inf)
    last = ranks[0]
    for _ in usable:
        nearest = np.minimum(nearest, np.sqrt(((ranks[1:] - last) ** 2).sum(axis=1)))
        nearest[order] = -1.0
        order.append(int(np.argmax(nearest)))
        last = ranks[1 + order[-1]]
    return usable[order]


def columns_of(z: Point) -> NDArray[np.float64]:
    """Points by site as (points, scalars), in the columns' usual order."""
    return unconstrained_scalars({n: np.asarray(v)[None] for n, v in z.items()}).columns[0]
