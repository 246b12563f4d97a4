"""Leave-one-out cross-validation by Pareto-smoothed importance sampling. Runs in the worker.

Vehtari, Gelman, Gabry, "Practical Bayesian model evaluation" (2017), by arviz-stats.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from numpyro.handlers import seed, substitute, trace

from jax_workbench.tools.run_mcmc.chain_statistics import loo_summary, loo_terms
from jax_workbench.tools.run_mcmc.posterior import Point, Posterior, at_each
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace, log_prob

MAX_K = 0.7
MAX_TERMS = 20_000_000
"""Draws times observations."""
N_NAMED = 10


def pointwise(
    posterior: Posterior, draws: Mapping[str, NDArray[Any]], sites: SiteTrace
) -> dict[str, NDArray[np.float64]]:
    """Log likelihood by observed site: (chains, draws, observations)."""
    names = list(sites.observed)

    def one(point: Point, arrays: Any) -> Point:
        filled = substitute(seed(posterior.model, jax.random.key(0)), data=point)
        made = trace(filled).get_trace(**posterior.data(arrays))
        return {name: log_prob(made[name]).ravel() for name in names}

    latents = {name: draws[name] for name in sites.latents}
    n_chains, n_draws = next(iter(latents.values())).shape[:2]
    flat = {name: value.reshape(-1, *value.shape[2:]) for name, value in latents.items()}
    made = at_each(one, flat, posterior.arrays)
    return {
        name: np.asarray(value, np.float64).reshape(n_chains, n_draws, -1)
        for name, value in made.items()
    }


def loo(
    posterior: Posterior, draws: Mapping[str, NDArray[Any]], sites: SiteTrace
) -> dict[str, Any]:
    """Expected log predictive density, or why there is none."""
    if sites.has_factor:
        return {"unavailable": "A factor has no pointwise likelihood; write it as numpyro.sample."}
    if not sites.observed:
        return {"unavailable": "The model has no observed site."}
    n_draws = int(np.prod(next(iter(draws.values())).shape[:2]))
    n_terms = sum(int(np.size(site["value"])) for site in sites.observed.values())
    if n_draws * n_terms > MAX_TERMS:
        return {"unavailable": f"{n_draws} draws of {n_terms} observations are too many."}
    joined = np.concatenate(list(pointwise(posterior, draws, sites).values()), axis=2)
    if not np.isfinite(joined).all():
        return {"unavailable": "The log likelihood is not finite at some draws."}
    elpd_i, k, p_i = loo_terms(np.moveaxis(joined, -1, 0))
    elpd, se, p_loo = loo_summary(elpd_i, p_i)
    bad = np.flatnonzero(k > MAX_K)
    return {
        "elpd": elpd,
        "se": se,
        "p_loo": p_loo,
        "n": int(joined.shape[2]),
        "max_pareto_k": float(np.max(k)),
        "n_pareto_k_above_0.7": len(bad),
        "rows_pareto_k_above_0.7": bad[:N_NAMED].tolist(),
    }
