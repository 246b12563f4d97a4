"""Logistic regression on standardised predictors. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(x: Array, y: Array) -> None:
    """P(y = 1) = logistic(intercept + x @ slopes); x is (n,) or (n, columns), y 0 or 1."""
    columns = jnp.reshape(x, (len(y), -1))
    mean, sd = columns.mean(0), columns.std(0)
    beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([columns.shape[1]]).to_event(1))
    centre = numpyro.sample("centre", dist.Normal(0, 2.5))
    slopes = numpyro.deterministic("slopes", beta / sd)
    numpyro.deterministic("intercept", centre - mean @ slopes)
    numpyro.sample("obs", dist.Bernoulli(logits=centre + (columns - mean) @ slopes), obs=y)
