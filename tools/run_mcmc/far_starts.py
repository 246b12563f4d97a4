"""A short second set of chains from far starts: do they end where the draws are? Runs in the worker."""

from typing import Any

import jax
import numpy as np

from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.kernels import State
from jax_workbench.tools.run_mcmc.multimodality import another_mode, unconstrained_scalars
from jax_workbench.tools.run_mcmc.posterior import Point
from jax_workbench.tools.run_mcmc.posterior_shape import is_flat
from jax_workbench.tools.run_mcmc.sampler import Budget, Sampler
from jax_workbench.tools.run_mcmc.sampling import Sampled, moved_to
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace
from jax_workbench.tools.run_mcmc.starts import RADIUS, Starts

N_TRANSITIONS = 400
N_KEPT = 100
FLAT_RADIUS = 20.0
"""Half the width in unconstrained space from which sites without a prior start."""


def look_far(
    key: Any,
    starts: Starts,
    sampler: Sampler,
    warmed: State,
    sampled: Sampled,
    sites: SiteTrace,
    budget: Budget,
) -> tuple[bool, Finding | None]:
    """Chains from the prior, and from a wide box where the prior is flat.

    Returns:
        Whether they came to an end, and the mode they found.
    """
    n = sampler.chains.n_chains
    start_key, run_key = jax.random.split(key)
    candidates = starts.tried(far_points(starts, start_key, sites))
    chosen = candidates.chosen(n)
    if chosen is None:
        return False, None
    state = moved_to(warmed, sampler.start(run_key, chosen))
    state, way = sampler.advance(state, N_TRANSITIONS - N_KEPT, budget, keep=False)
    if way.n < N_TRANSITIONS - N_KEPT:
        return False, None
    state, last = sampler.advance(state, N_KEPT, budget)
    if last.n < N_KEPT:
        return False, None
    found = last.stacked()
    return True, another_mode(
        unconstrained_scalars(sampled.seen["z"]),
        np.asarray(sampled.seen["potential"]),
        unconstrained_scalars(found["z"]),
        np.asarray(found["potential"]),
    )


def far_points(starts: Starts, key: Any, sites: SiteTrace) -> Point:
    """Draws of the prior; flat sites in a wide box."""
    points = starts.prior_draws(key, "prior", 64)
    return {
        name: np.asarray(value) * (FLAT_RADIUS / RADIUS if is_flat(sites.latents[name]) else 1.0)
        for name, value in points.items()
    }
