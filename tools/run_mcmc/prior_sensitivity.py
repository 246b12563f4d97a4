"""How much the posterior moves when the prior or the likelihood is scaled. Runs in the worker.

Kallioinen, Paananen, Bürkner, Vehtari, "Detecting and diagnosing prior and likelihood sensitivity
with power-scaling" (2023), by arviz-stats.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from numpyro.handlers import seed, substitute, trace

from jax_workbench.tools.run_mcmc.chain_statistics import power_scaled, smoothed_weights
from jax_workbench.tools.run_mcmc.diagnostics import Diagnosis
from jax_workbench.tools.run_mcmc.posterior import Point, Posterior, at_each
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace, is_sample, log_prob

ALPHAS = (0.8, 1.25)
SENSITIVE = 0.05
"""Value from which the paper calls a quantity sensitive."""
N_SHOWN = 10


def prior_sensitivity(
    posterior: Posterior,
    draws: Mapping[str, NDArray[Any]],
    diagnosis: Diagnosis,
    sites: SiteTrace,
) -> dict[str, Any]:
    """Sensitivity of each sampled scalar to prior and likelihood, and what that means."""
    parts = log_parts(posterior, draws, sites)
    rows = [i for i, site in enumerate(diagnosis.scalars.sites) if site in sites.latents]
    table: list[dict[str, Any]] = []
    for i in [row for row in rows if diagnosis.is_judged[row]][:N_SHOWN]:
        column = diagnosis.scalars.columns[:, :, i]
        prior, likelihood = (sensitivity(column, part) for part in parts)
        table.append(
            {
                "name": diagnosis.scalars.names[i],
                "prior": prior,
                "likelihood": likelihood,
                "diagnosis": verdict(prior, likelihood),
            }
        )
    return {"alphas": list(ALPHAS), "scalars": table}


def verdict(prior: float, likelihood: float) -> str:
    """What the two sensitivities mean together."""
    if prior < SENSITIVE:
        return "insensitive to the prior"
    return "prior and data conflict" if likelihood >= SENSITIVE else "the prior dominates"


def sensitivity(column: NDArray[np.float64], part: NDArray[np.float64]) -> float:
    """Change of one scalar's distribution when `part` of the log density is scaled."""
    lower, upper = (smoothed_weights((alpha - 1) * part) for alpha in ALPHAS)
    return power_scaled(column, lower, upper, ALPHAS)


def log_parts(
    posterior: Posterior, draws: Mapping[str, NDArray[Any]], sites: SiteTrace
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log prior and log likelihood at each draw, (chains, draws)."""

    def one(point: Point, arrays: Any) -> tuple[Any, Any]:
        filled = substitute(seed(posterior.model, jax.random.key(0)), data=point)
        made = trace(filled).get_trace(**posterior.data(arrays))
        terms = {n: log_prob(s).sum() for n, s in made.items() if is_sample(s)}
        prior = sum((t for n, t in terms.items() if n in sites.latents), start=0.0)
        return prior, sum((t for n, t in terms.items() if n not in sites.latents), start=0.0)

    latents = {name: draws[name] for name in sites.latents}
    n_chains, n_draws = next(iter(latents.values())).shape[:2]
    flat = {name: value.reshape(-1, *value.shape[2:]) for name, value in latents.items()}
    prior, likelihood = at_each(one, flat, posterior.arrays)
    shape = (n_chains, n_draws)
    return (
        np.broadcast_to(np.asarray(prior, np.float64).ravel(), n_chains * n_draws).reshape(shape),
        np.broadcast_to(np.asarray(likelihood, np.float64).ravel(), n_chains * n_draws).reshape(
            shape
        ),
    )
