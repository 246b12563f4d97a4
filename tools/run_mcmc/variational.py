"""Variational inference, and a check of its guide by importance ratios. Runs in the worker."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax
import numpy as np
import optax
from numpy.typing import NDArray
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoMultivariateNormal, AutoNormal

from jax_workbench.tools.contract import Job
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.numpyro_functions import psis_diagnostic
from jax_workbench.tools.run_mcmc.posterior import Posterior
from jax_workbench.tools.run_mcmc.sampler import Budget

N_STEPS = 20_000
BLOCK = 1_000
LEARNING_RATE = 0.01
MAX_DENSE = 100
"""Dimensions up to which the guide has all correlations."""
N_RATIOS = 2_000
MAX_K = 0.7
PATIENCE = 1e-3
"""Change of the mean loss between blocks, as a share of its spread, at which it has converged."""


@dataclass(frozen=True)
class Fitted:
    """A guide and draws from it."""

    draws: Mapping[str, NDArray[Any]]
    """By site: (chains, draws, ...); independent, so chains mean nothing."""
    pareto_k: float
    loss: float
    n_steps: int
    guide: str
    fit_s: float


def fit_guide(
    posterior: Posterior, key: Any, shape: tuple[int, int], budget: Budget, job: Job
) -> Fitted | None:
    """Fit a normal guide in unconstrained space; None where the loss is not finite."""
    began = time.monotonic()
    is_dense = posterior.n_dimensions <= MAX_DENSE
    guide: Any = (AutoMultivariateNormal if is_dense else AutoNormal)(posterior.model)
    svi: Any = SVI(posterior.model, guide, optax.adam(LEARNING_RATE), Trace_ELBO())
    data = posterior.data(posterior.arrays)
    fit_key, draw_key, ratio_key = jax.random.split(key, 3)
    state: Any = svi.init(fit_key, **data)

    @jax.jit
    def block(state: Any, arrays: Any) -> tuple[Any, Any]:
        now = posterior.data(arrays)

        def update(state: Any, _: None) -> tuple[Any, Any]:
            return svi.update(state, **now)

        return cast("Any", jax.lax.scan(update, state, length=BLOCK))

    last, n_steps, loss = np.inf, 0, np.nan
    while n_steps < N_STEPS and budget.left_s() > 0:
        state, found = cast("tuple[Any, Any]", block(state, posterior.arrays))
        losses = np.asarray(found, np.float64)
        n_steps += BLOCK
        loss = float(np.mean(losses))
        job.progress(f"fitting the guide: step {n_steps}, loss {loss:.4g}")
        if not np.isfinite(loss):
            return None
        if last - loss < PATIENCE * max(float(np.std(losses)), 1.0):
            break
        last = loss
    params: Any = svi.get_params(state)
    drawn = guide.sample_posterior(draw_key, params, sample_shape=shape)
    k = pareto_k(posterior, guide, params, ratio_key)
    return Fitted(
        {name: np.asarray(value) for name, value in drawn.items()},
        k,
        loss,
        n_steps,
        type(guide).__name__,
        time.monotonic() - began,
    )


def pareto_k(posterior: Posterior, guide: Any, params: Any, key: Any) -> float:
    """Shape of the tail of the ratios posterior / guide; above 0.7 the guide is not to be used.

    Source: Yao, Vehtari, Simpson, Gelman, "Yes, but did it work?" (2018), section 2.
    """
    data = posterior.data(posterior.arrays)
    model: Any = posterior.model
    return float(psis_diagnostic(key, params, model, guide, num_particles=N_RATIOS, **data))


def guide_finding(fitted: Fitted) -> Finding | None:
    """Whether the guide's draws stand for the posterior."""
    if fitted.pareto_k <= MAX_K:
        return None
    return Finding(
        "heavy_tail",
        "warn",
        f"The {fitted.guide} guide does not fit the posterior: Pareto k of the ratios posterior / "
        f"guide is {fitted.pareto_k:.2f}, above {MAX_K}.",
        None,
        'Use method="nuts"; a normal guide in unconstrained space misses this posterior.',
    )
