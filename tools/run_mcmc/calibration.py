"""Simulation-based calibration: does the sampler recover what made the data? Runs in the worker.

Talts, Betancourt, Simpson, Vehtari, Gelman, "Validating Bayesian inference algorithms with
simulation-based calibration" (2018). Each refit reuses the compiled chains on data drawn from the
prior, since data are arguments of the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from numpyro.handlers import seed, trace
from scipy import stats

from jax_workbench.tools.run_mcmc.constrained import Constrainer
from jax_workbench.tools.run_mcmc.posterior import Arrays, Posterior
from jax_workbench.tools.run_mcmc.predictive import Unobserved
from jax_workbench.tools.run_mcmc.preparation import Ready
from jax_workbench.tools.run_mcmc.sampler import Sampler, Watch
from jax_workbench.tools.run_mcmc.scalars import flatten
from jax_workbench.tools.run_mcmc.starts import Starts

N_REFITS = 20
N_DRAWS = 100
N_RANKS = 10
"""Draws that a rank is among, thinned so that they are nearly independent."""
MIN_REFITS = 5
N_SHOWN = 10


@dataclass(frozen=True)
class Calibration:
    """Refits of one model to data that it made itself."""

    ready: Ready
    sampler: Sampler
    n_warmup: int
    watch: Watch

    def run(self, key: Any) -> dict[str, Any]:
        """Ranks of the true values among refitted draws, with a test of their uniformity."""
        posterior, sites = self.ready.posterior, self.ready.sites
        sources = {name: array_of(site, posterior) for name, site in sites.observed.items()}
        made = simulate(posterior, key)
        is_like_data = all(
            np.shape(made[site]) == np.shape(sites.observed[site]["value"]) for site in sources
        )
        if not sources or None in sources.values() or not is_like_data:
            return {
                "unavailable": "No argument of the model is the data of an observed site as it "
                "stands, so simulated data cannot take its place."
            }
        constrainer = Constrainer(posterior, self.sampler.chains.n_chains)
        ranks: list[NDArray[np.int64]] = []
        names: tuple[str, ...] = ()
        arrays = dict(self.sampler.arrays)
        for number, refit_key in enumerate(jax.random.split(key, N_REFITS)):
            if self.watch.budget.left_s() <= 0:
                break
            self.watch.job.progress(f"calibrating: refit {number + 1} of {N_REFITS}")
            simulated = simulate(posterior, refit_key)
            for site, source in sources.items():
                value = np.asarray(simulated[site])
                arrays[str(source)] = jnp.asarray(value, arrays[str(source)].dtype)
            found = self._refit(constrainer, arrays, refit_key)
            if found is None:
                continue
            draws = flatten({name: found[name] for name in sites.latents})
            truth = flatten({n: np.asarray(simulated[n])[None, None] for n in sites.latents})
            names = draws.names
            ranks.append(rank_of(truth.columns.reshape(-1), draws.columns))
        if len(ranks) < MIN_REFITS:
            said = f"Time allowed {len(ranks)} refits; at least {MIN_REFITS} are needed."
            return {"unavailable": said}
        return summary(np.asarray(ranks), names)

    def _refit(
        self, constrainer: Constrainer, arrays: Arrays, key: Any
    ) -> Mapping[str, NDArray[Any]] | None:
        """Draws for other data; None where no start works or time is over."""
        sampler, budget = self.sampler, self.watch.budget
        original = sampler.arrays
        other = replace(self.ready.posterior, arrays=arrays)
        sampler.arrays = arrays
        try:
            chosen = Starts(other).in_box(key).chosen(sampler.chains.n_chains)
            if chosen is None:
                return None
            state = sampler.start(key, chosen)
            state, _ = sampler.advance(state, self.n_warmup, budget, keep=False)
            _, draws = sampler.advance(state, N_DRAWS, budget)
            return constrainer(draws.stacked()["z"]) if draws.n == N_DRAWS else None
        finally:
            sampler.arrays = original


def rank_of(truth: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of thinned draws below each true value; `draws` is (chains, draws, scalars)."""
    kept = draws.reshape(-1, len(truth))
    thinned = kept[np.linspace(0, len(kept) - 1, N_RANKS).astype(int)]
    return (thinned < truth).sum(axis=0)


def summary(ranks: NDArray[np.int64], names: tuple[str, ...]) -> dict[str, Any]:
    """Uniformity of the ranks of each scalar, worst first."""
    n = len(ranks)
    tests: list[Any] = [
        stats.kstest((ranks[:, i] + 0.5) / (N_RANKS + 1), "uniform") for i in range(len(names))
    ]
    p_values = [float(test.pvalue) for test in tests]
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
