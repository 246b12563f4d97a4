"""How wide the priors are, to compare the posterior with. Runs in the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.multimodality import unconstrained_scalars
from jax_workbench.tools.run_mcmc.posterior_shape import is_flat
from jax_workbench.tools.run_mcmc.site_trace import Model, SiteTrace, run_once
from jax_workbench.tools.run_mcmc.starts import N_PRIOR, Starts


@dataclass(frozen=True)
class PriorSpread:
    """Draws of the prior, boiled down."""

    unconstrained_sd: Mapping[str, float]
    """Robust sd by scalar in unconstrained space; sites with a flat prior left out."""
    site_sd: Mapping[str, float]
    """Largest robust sd in a site's own units, of sites whose prior stands alone."""
    independent: Mapping[str, NDArray[np.float64]]
    """Draws of sites whose prior depends on no other site, (draws, ...)."""


def prior_spread(
    starts: Starts, model: Model, data: Mapping[str, Any], sites: SiteTrace, key: Any
) -> PriorSpread:
    """Draw from the prior, in both spaces."""
    points = starts.prior_draws(key, "prior", N_PRIOR)
    proper = {
        name: np.asarray(value)[None]
        for name, value in points.items()
        if not is_flat(sites.latents[name])
    }
    columns = unconstrained_scalars(proper)
    sd = {name: float(robust_sd(columns.columns[0, :, i])) for i, name in enumerate(columns.names)}
    independent = independent_draws(model, data, sites, key)
    return PriorSpread(
        sd,
        {name: float(np.max(robust_sd(value))) for name, value in independent.items()},
        independent,
    )


def robust_sd(draws: NDArray[np.float64]) -> Any:
    """Standard deviation by the middle two thirds, which heavy tails do not inflate."""
    with np.errstate(all="ignore"):
        low, high = np.quantile(draws, (0.1587, 0.8413), axis=0)
    return (high - low) / 2


def independent_draws(
    model: Model, data: Mapping[str, Any], sites: SiteTrace, key: Any
) -> dict[str, NDArray[np.float64]]:
    """Draws of sites whose distribution is the same in two runs, so depends on no other site."""
    other = run_once(model, data, number=1)
    drawn: dict[str, NDArray[np.float64]] = {}
    for name, site in sites.latents.items():
        twin = other.latents.get(name)
        if twin is None or is_flat(site) or site["fn"].support.is_discrete:
            continue
        mine, theirs = (jax.tree.leaves(one["fn"]) for one in (site, twin))
        if len(mine) == len(theirs) and all(map(np.array_equal, mine, theirs)):
            drawn[name] = np.asarray(site["fn"].sample(key, (N_PRIOR,)), np.float64)
    return drawn
