"""Autoregression of a time series. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(y: Array, order: int) -> None:
    """y[t] - level = sum of coefficients[k] (y[t - 1 - k] - level) + noise."""
    sd = y.std()
    level = numpyro.sample("level", dist.Normal(y.mean(), sd))
    coefficients = numpyro.sample("coefficients", dist.Normal(0, 0.5).expand([order]).to_event(1))
    sigma = numpyro.sample("sigma", dist.HalfNormal(sd))
    n = len(y)
    past = jnp.stack([y[order - 1 - k : n - 1 - k] for k in range(order)], axis=1)
    mean = level + (past - level) @ coefficients
    numpyro.sample("obs", dist.Normal(mean, sigma), obs=y[order:])
