"""Mixture of normal distributions in one dimension, its means in order. Runs in the worker."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import Array
from numpyro.distributions import constraints


def model(y: Array, n_components: int) -> None:
    """Data y ~ sum of weights[k] Normal(means[k], sds[k]), means ascending."""
    # Ordered: else every exchange of components is a mode of its own.
    ordered = dist.ImproperUniform(constraints.ordered_vector, (), (n_components,))
    means = numpyro.sample("means", ordered)
    numpyro.factor("prior", dist.Normal(y.mean(), 2 * y.std()).log_prob(means).sum())
    # Away from 0: a component on one datum would have infinite density.
    size = dist.LogNormal(jnp.log(y.std() / n_components), 0.7)
    sds = numpyro.sample("sds", size.expand([n_components]).to_event(1))
    weights = numpyro.sample("weights", dist.Dirichlet(5 * jnp.ones(n_components)))
    parts = dist.Normal(means, sds)
    numpyro.sample("obs", dist.MixtureSameFamily(dist.Categorical(weights), parts), obs=y)
