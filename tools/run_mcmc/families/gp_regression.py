"""Gaussian process regression with a squared exponential kernel. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(x: Array, y: Array) -> None:
    """Data y = f(x) + noise, f smooth; x is (n,), up to some 200 rows."""
    span, sd = x.max() - x.min(), y.std()
    # Neither shorter than the gaps nor longer than the data: both ends are not identified.
    length = numpyro.sample("length", dist.InverseGamma(5, span))
    height = numpyro.sample("height", dist.HalfNormal(2 * sd))
    sigma = numpyro.sample("sigma", dist.HalfNormal(sd))
    distance = (x[:, None] - x[None, :]) / length
    cov = height**2 * jnp.exp(-0.5 * distance**2) + (sigma**2 + 1e-9 * sd**2) * jnp.eye(len(x))
    numpyro.sample("obs", dist.MultivariateNormal(jnp.full(len(x), y.mean()), cov), obs=y)
