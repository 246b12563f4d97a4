"""The model with its data as functions of unconstrained parameters. Runs in the worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.distributions import biject_to
from numpyro.handlers import seed, substitute

from jax_workbench.tools.run_mcmc.numpyro_functions import constrain_fn, potential_energy
from jax_workbench.tools.run_mcmc.site_trace import Model, Site, SiteTrace

type Point = dict[str, Any]
"""Values by site; `z` in unconstrained space."""
type Arrays = dict[str, Any]

BAKED_IN = (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError)
"""What a model raises that uses its data outside JAX, as in `if y.max() > 3` or `np.log(y)`."""


@dataclass(frozen=True)
class Posterior:
    """Density, and the way back to the model's own parameters.

    `arrays` are arguments of every compiled program, so other data of the same shapes need no new
    compilation; `fixed` are baked in.
    """

    model: Model
    arrays: Arrays
    fixed: dict[str, Any]
    example: Point
    """One point in unconstrained space; gives names and shapes."""

    def data(self, arrays: Arrays) -> dict[str, Any]:
        """What the model is called with."""
        return {**self.fixed, **arrays}

    def potential(self, arrays: Arrays) -> Callable[[Point], Any]:
        """Minus the log density of the unconstrained parameters, at these data.

        Discrete sites are drawn with one fixed key: only kernels that set them may sample these.
        """

        def potential(z: Point) -> Any:
            return potential_energy(self.seeded, (), self.data(arrays), z)

        return potential

    def constrain(self, z: Point, arrays: Arrays) -> Point:
        """The model's own parameters and deterministic sites at `z`; discrete sites as they are."""
        discrete = {name: value for name, value in z.items() if name not in self.example}
        continuous = {name: value for name, value in z.items() if name in self.example}
        made = constrain_fn(
            substitute(self.seeded, data=discrete),
            (),
            self.data(arrays),
            continuous,
            return_deterministic=True,
        )
        return {**discrete, **made}

    def seeded(self, **data: Any) -> Any:
        """The model with a key of its own; a handler that is made once would keep its last key."""
        seeded: Any = seed(self.model, jax.random.key(0))
        return seeded(**data)

    @property
    def n_dimensions(self) -> int:
        """Number of unconstrained scalars."""
        return sum(int(np.size(value)) for value in self.example.values())


def build_posterior(model: Model, data: Mapping[str, Any], sites: SiteTrace) -> Posterior:
    """Find out which data may stay arguments; raises what the model raises under jit."""
    example = unconstrained_example(sites)
    arrays = {n: jnp.asarray(v) for n, v in data.items() if isinstance(v, np.ndarray)}
    rest = {n: v for n, v in data.items() if n not in arrays}
    attempts = (
        Posterior(model, arrays, rest, example),
        Posterior(model, {}, dict(data), example),
        Posterior(model, {}, {**rest, **arrays}, example),
    )
    for attempt in attempts[:-1]:
        try:
            check_traceable(attempt)
        except (*BAKED_IN, AttributeError, TypeError):
            continue
        return attempt
    last = attempts[-1]
    check_traceable(last)
    return last


def check_traceable(posterior: Posterior) -> None:
    """Trace the density; raises what the model raises under jit."""

    def density(arrays: Arrays) -> Any:
        return posterior.potential(arrays)(posterior.example)

    jax.eval_shape(density, posterior.arrays)


def unconstrained_example(sites: SiteTrace) -> Point:
    """Where the latent sites of one run lie in unconstrained space; continuous ones only."""
    return {
        name: to_unconstrained(site, site["value"])
        for name, site in sites.latents.items()
        if not site["fn"].support.is_discrete
    }


def at_each(function: Callable[[Any, Arrays], Any], points: Any, arrays: Arrays) -> Any:
    """`function` of each entry of `points` (a pytree with one leading axis), one after another."""

    def every(points: Any, arrays: Arrays) -> Any:
        def one(point: Any) -> Any:
            return function(point, arrays)

        return cast("Any", jax.lax.map(one, points))

    return cast("Any", jax.jit(every)(points, arrays))


def to_unconstrained(site: Site, value: Any) -> Any:
    """Where `value` of a site lies in unconstrained space."""
    transform = cast("Any", biject_to(site["fn"].support))
    return transform.inv(jnp.asarray(value))
