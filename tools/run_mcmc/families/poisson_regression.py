"""Regression of counts with a log link. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(x: Array, y: Array) -> None:
    """Counts with log E[y] = intercept + x @ slopes; x is (n,) or (n, columns), y counts."""
    columns = jnp.reshape(x, (len(y), -1))
    mean, sd = columns.mean(0), columns.std(0)
    beta = numpyro.sample("beta", dist.Normal(0, 1).expand([columns.shape[1]]).to_event(1))
    centre = numpyro.sample("centre", dist.Normal(jnp.log(y.mean() + 0.5), 2.5))
    slopes = numpyro.deterministic("slopes", beta / sd)
    numpyro.deterministic("intercept", centre - mean @ slopes)
    rate = jnp.exp(centre + (columns - mean) @ slopes)
    numpyro.sample("obs", dist.Poisson(rate), obs=y)
