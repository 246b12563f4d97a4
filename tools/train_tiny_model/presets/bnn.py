"""A Bayesian network for one number per row: NUTS or a variational fit. Runs in the worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro import infer
from numpyro.infer import MCMC, NUTS, SVI, Predictive, Trace_ELBO
from numpyro.infer.autoguide import AutoNormal

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.metrics import rmse
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.rows import Array, Source, Split
from jax_workbench.tools.train_tiny_model.untyped import nnx, optax

N_HIDDEN = 16
MAX_TREE_DEPTH = 7
"""127 steps a transition: deeper trees cost seconds and add little for such networks."""
N_CHAINS = 2
N_DRAWS = 400
"""Of warm-up, and kept, a chain."""
N_FITTED = 5000
"""Steps of the variational fit."""
N_GUIDE_DRAWS = 500
MAX_ROWS = 2000
MAX_COLUMNS = 50

type Draws = Any
"""Arrays by site, draws first."""


def network(x: Any, y: Any = None) -> None:
    """A hidden tanh layer, all weights normal; noise of unknown size. `x` and `y` are scaled."""
    n, width = x.shape
    sizes = (width, N_HIDDEN, 1)
    z = x
    for i, (a, b) in enumerate(pairwise(sizes)):
        spread = 1.5 / np.sqrt(a) if i else 1.5
        w = numpyro.sample(f"w{i}", dist.Normal(0, spread).expand([a, b]).to_event(2))
        c = numpyro.sample(f"b{i}", dist.Normal(0, 1.0).expand([b]).to_event(1))
        z = z @ w + c
        z = jnp.tanh(z) if i < len(sizes) - 2 else z
    numpyro.deterministic("mean", z[:, 0])
    noise = numpyro.sample("noise", dist.HalfNormal(1.0))
    with numpyro.plate("rows", n):
        numpyro.sample("y", dist.Normal(z[:, 0], noise), obs=y)


def bayesian(source: Source, split: Split) -> Problem:
    """The problem, for its rows; it is sampled, not trained.

    Raises:
        ToolError: `bad_argument` where the targets are no single numbers, or too many.
    """
    is_ready = source.kind == "numbers" and split.train.y.ndim == 1 and split.train.x.ndim == 2  # noqa: PLR2004
    if not is_ready or split.train.x.shape[1] > MAX_COLUMNS or len(split.train) > MAX_ROWS:
        raise ToolError(
            "bad_argument",
            f"model bnn takes up to {MAX_ROWS} rows of up to {MAX_COLUMNS} numbers with one real "
            f"target each; {source.name} has x of shape {split.train.x.shape} and holds "
            f"{source.kind}.",
            "Use dataset sine, or set task to regression.",
        )

    def build(seed: int) -> Any:
        del seed
        return nnx.Linear(1, 1, rngs=nnx.Rngs(0))

    def loss(model: Any, batch: Any, key: Any) -> Any:
        del model, batch, key
        return jnp.zeros(())

    return Problem("bnn", source, split, build, loss, Recipe(1, 1), rmse())


@dataclass(frozen=True)
class Posterior:
    """Draws of the weights, and how the sampler went."""

    predict: Callable[[Array, int], tuple[Array, Array]]
    """(inputs, seed) -> means and noisy targets in the data's units, shape (draws, n)."""
    draws: Draws
    method: str
    n_divergences: int
    rhat: float | None
    """Largest of the predictions at the training rows; None for a variational fit."""
    sample_s: float
    losses: Array
    """Of the variational fit; empty for NUTS."""


def sampled(
    split: Split, method: str, seed: int, *, steps: int, say: Callable[[str], None]
) -> Posterior:
    """Draws of the posterior given the training rows."""
    x_mean, x_sd = split.train.x.mean(0), split.train.x.std(0) + 1e-8
    y_mean, y_sd = float(split.train.y.mean()), float(split.train.y.std()) or 1.0
    x = jnp.asarray((split.train.x - x_mean) / x_sd)
    y = jnp.asarray((split.train.y - y_mean) / y_sd)
    key = jax.random.key(seed)
    began = time.monotonic()
    losses: Array = np.zeros(0)
    n_divergences, rhat = 0, None
    say(f"sampling the posterior with {method}")
    if method == "svi":
        draws, losses = fitted(key, x, y, steps or N_FITTED)
    else:
        draws, n_divergences, rhat = by_nuts(key, x, y, steps or N_DRAWS)

    def predict(inputs: Array, own_seed: int) -> tuple[Array, Array]:
        scaled = jnp.asarray((inputs - x_mean) / x_sd)
        weights = {k: v for k, v in draws.items() if k != "mean"}
        predictive: Any = Predictive(network, weights, return_sites=["mean", "y"])
        found = predictive(jax.random.key(own_seed), scaled)
        mean, noisy = (np.asarray(found[k], np.float64) * y_sd + y_mean for k in ("mean", "y"))
        return mean, noisy

    seconds = time.monotonic() - began
    return Posterior(predict, draws, method, n_divergences, rhat, seconds, losses)


def fitted(key: Any, x: Any, y: Any, n_steps: int) -> tuple[Draws, Array]:
    """Draws of a fitted normal guide, and the losses on the way."""
    guide: Any = AutoNormal(network)
    svi: Any = SVI(network, guide, optax.adam(1e-2), Trace_ELBO(num_particles=4))
    fit = svi.run(key, n_steps, x, y, progress_bar=False)
    own = jax.random.fold_in(key, 1)
    draws = guide.sample_posterior(own, fit.params, sample_shape=(N_GUIDE_DRAWS,))
    return draws, np.asarray(fit.losses, np.float64)


def by_nuts(key: Any, x: Any, y: Any, n: int) -> tuple[Draws, int, float]:
    """Draws of NUTS, how many diverged, and the largest R-hat of the predictions."""
    kernel = NUTS(
        network,
        init_strategy=infer.init_to_sample,
        target_accept_prob=0.9,
        max_tree_depth=MAX_TREE_DEPTH,
    )
    mcmc: Any = MCMC(
        kernel,
        num_warmup=n,
        num_samples=n,
        num_chains=N_CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    mcmc.run(key, x, y)
    n_divergences = int(np.asarray(mcmc.get_extra_fields()["diverging"], int).sum())
    draws = {k: v for k, v in mcmc.get_samples().items() if k != "mean"}
    by_chain = np.asarray(mcmc.get_samples(group_by_chain=True)["mean"], np.float64)
    return draws, n_divergences, largest_rhat(by_chain)


def largest_rhat(chains: Array) -> float:
    """Split R-hat, the largest of all columns of (chains, draws, columns).

    Source:
        A. Gelman et al., Bayesian Data Analysis, third edition (2013), section 11.4.
    """
    n = chains.shape[1] // 2
    halves = np.concatenate([chains[:, :n], chains[:, n : 2 * n]])
    within = halves.var(1, ddof=1).mean(0)
    between = n * halves.mean(1).var(0, ddof=1)
    total = (n - 1) / n * within + between / n
    return float(np.sqrt(total / np.maximum(within, 1e-30)).max())
