"""Simulation-based calibration: does the sampler recover what made the data? Runs in the worker.

Talts, Betancourt, Simpson, Vehtari, Gelman, "Validating Bayesian inference algorithms with
simulation-based calibration" (2018). Each refit reuses the compiled chains on data drawn from the
prior, since data are arguments of the program.
"""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from numpyro.handlers import seed, trace
from scipy import stats

from jax_workbench.tools.contract import Job
from jax_workbench.tools.run_mcmc.constrained import Constrainer
from jax_workbench.tools.run_mcmc.posterior import Posterior
from jax_workbench.tools.run_mcmc.predictive import Unobserved
from jax_workbench.tools.run_mcmc.sampler import Budget, Sampler
from jax_workbench.tools.run_mcmc.scalars import flatten
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace
from jax_workbench.tools.run_mcmc.starts import Starts

N_REFITS = 20
N_DRAWS = 100
N_RANKS = 10
"""Draws that a rank is among, thinned so that they are nearly independent."""
MIN_REFITS = 5
N_SHOWN = 10


def calibrate(
    posterior: Posterior,
    sites: SiteTrace,
    sampler: Sampler,
    n_warmup: int,
    key: Any,
    budget: Budget,
    job: Job,
) -> dict[str, Any]:
    """Ranks of the true values among refitted draws, with a test of their uniformity."""
    sources = {name: array_of(site, posterior) for name, site in sites.observed.items()}
    if not sources or None in sources.values():
        return {
            "unavailable": "No argument of the model is the data of an observed site as it stands, "
            "so simulated data cannot take its place."
        }
    constrainer = Constrainer(posterior, sampler.chains.n_chains)
    ranks: list[NDArray[np.int64]] = []
    names: tuple[str, ...] = ()
    arrays = dict(sampler.arrays)
    for number, refit_key in enumerate(jax.random.split(key, N_REFITS)):
        if budget.left_s() <= 0:
            break
        job.progress(f"calibrating: refit {number + 1} of {N_REFITS}")
        simulated = simulate(posterior, refit_key)
        for site, source in sources.items():
            value = np.asarray(simulated[site])
            arrays[str(source)] = jax.numpy.asarray(value, arrays[str(source)].dtype)
        found = refit(sampler, posterior, constrainer, arrays, n_warmup, refit_key, budget)
        if found is None:
            continue
        draws = flatten({name: found[name] for name in sites.latents})
        truth = flatten({n: np.asarray(simulated[n])[None, None] for n in sites.latents})
        names = draws.names
        kept = draws.columns.reshape(-1, len(names))
        thinned = kept[np.linspace(0, len(kept) - 1, N_RANKS).astype(int)]
        ranks.append((thinned < truth.columns.reshape(-1)).sum(axis=0))
    if len(ranks) < MIN_REFITS:
        return {
            "unavailable": f"Time allowed {len(ranks)} refits; at least {MIN_REFITS} are needed."
        }
    return summary(np.asarray(ranks), names)


def summary(ranks: NDArray[np.int64], names: tuple[str, ...]) -> dict[str, Any]:
    """Uniformity of the ranks of each scalar, worst first."""
    n = len(ranks)
    p_values = [
        float(stats.kstest((ranks[:, i] + 0.5) / (N_RANKS + 1), "uniform").pvalue)
        for i in range(len(names))
    ]
    order = np.argsort(p_values)[:N_SHOWN]
    return {
        "n_refits": n,
        "ranks_among": N_RANKS,
        "scalars": [
            {"name": names[i], "p_uniform": p_values[i], "mean_rank": float(ranks[:, i].mean())}
            for i in order
        ],
        "smallest_p": float(min(p_values)),
        "is_calibrated": bool(min(p_values) > 0.01 / len(names)),
    }


def array_of(site: Mapping[str, Any], posterior: Posterior) -> str | None:
    """Argument of the model that is the data of `site`."""
    value = np.asarray(site["value"])
    for name, array in posterior.arrays.items():
        if np.shape(array) == value.shape and np.array_equal(np.asarray(array), value):
            return name
    return None


def simulate(posterior: Posterior, key: Any) -> dict[str, Any]:
    """Every site drawn from the prior, observed ones too."""
    made = trace(seed(Unobserved(posterior.model), key)).get_trace(
        **posterior.data(posterior.arrays)
    )
    return {name: site["value"] for name, site in made.items() if site["type"] == "sample"}


def refit(
    sampler: Sampler,
    posterior: Posterior,
    constrainer: Constrainer,
    arrays: dict[str, Any],
    n_warmup: int,
    key: Any,
    budget: Budget,
) -> Mapping[str, NDArray[Any]] | None:
    """Draws for other data; None where no start works or time is over."""
    original = sampler.arrays
    other = Posterior(posterior.model, arrays, posterior.fixed, posterior.example)
    sampler.arrays = arrays
    try:
        chosen = Starts(other).in_box(key).chosen(sampler.chains.n_chains)
        if chosen is None:
            return None
        state = sampler.start(key, chosen)
        state, _ = sampler.advance(state, n_warmup, budget, keep=False)
        _, draws = sampler.advance(state, N_DRAWS, budget)
        return constrainer(draws.stacked()["z"]) if draws.n == N_DRAWS else None
    finally:
        sampler.arrays = original
