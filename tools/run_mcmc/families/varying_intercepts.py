"""Linear regression whose intercept varies by group, partially pooled. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(x: Array, y: Array, group: Array, n_groups: int) -> None:
    """Data y = intercepts[group] + slope * x + noise; group counts from 0 below n_groups."""
    sd = y.std()
    centre = numpyro.sample("centre", dist.Normal(y.mean(), 2.5 * sd))
    spread = numpyro.sample("spread", dist.HalfNormal(sd))
    beta = numpyro.sample("beta", dist.Normal(0, 2.5))
    sigma = numpyro.sample("sigma", dist.Exponential(1 / sd))
    # Not centred: groups with few rows would make a funnel.
    z = numpyro.sample("z", dist.Normal(0, 1).expand([n_groups]).to_event(1))
    slope = numpyro.deterministic("slope", beta * sd / x.std())
    intercepts = numpyro.deterministic("intercepts", centre + spread * z - slope * x.mean())
    numpyro.sample("obs", dist.Normal(jnp.take(intercepts, group) + slope * x, sigma), obs=y)
