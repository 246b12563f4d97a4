"""Linear regression with Student-t noise, which outliers do not rule. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array


def model(x: Array, y: Array) -> None:
    """Data y = intercept + x @ slopes + Student-t noise; x is (n,) or (n, columns)."""
    columns = jnp.reshape(x, (len(y), -1))
    mean, sd = columns.mean(0), columns.std(0)
    beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([columns.shape[1]]).to_event(1))
    centre = numpyro.sample("centre", dist.Normal(jnp.median(y), 2.5 * y.std()))
    sigma = numpyro.sample("sigma", dist.Exponential(1 / y.std()))
    nu = numpyro.sample("nu", dist.Gamma(2, 0.1))
    slopes = numpyro.deterministic("slopes", beta * y.std() / sd)
    numpyro.deterministic("intercept", centre - mean @ slopes)
    numpyro.sample("obs", dist.StudentT(nu, centre + (columns - mean) @ slopes, sigma), obs=y)
