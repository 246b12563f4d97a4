"""Estimates with known errors, partially pooled, as in meta-analysis. Runs in the worker."""

import numpyro
import numpyro.distributions as dist
from jax import Array


def model(y: Array, sigma: Array) -> None:
    """y[j] ~ Normal(theta[j], sigma[j]), theta[j] ~ Normal(mu, tau)."""
    scale = y.std()
    mu = numpyro.sample("mu", dist.Normal(y.mean(), 2.5 * scale))
    tau = numpyro.sample("tau", dist.HalfCauchy(scale))
    # Not centred: with tau near 0 the centred form is a funnel.
    z = numpyro.sample("z", dist.Normal(0, 1).expand([len(y)]).to_event(1))
    theta = numpyro.deterministic("theta", mu + tau * z)
    numpyro.sample("obs", dist.Normal(theta, sigma), obs=y)
