"""Where chains may start, and which site fails where they may not. Runs in the worker."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpy.typing import NDArray
from numpyro.distributions import constraints
from numpyro.handlers import seed, substitute, trace

from jax_workbench.tools.run_mcmc.findings import Finding, at_line
from jax_workbench.tools.run_mcmc.numpyro_functions import (
    constrain_fn,
    init_to_median,
    init_to_sample,
)
from jax_workbench.tools.run_mcmc.posterior import Arrays, Point, Posterior, to_unconstrained
from jax_workbench.tools.run_mcmc.site_trace import is_factor, is_sample, log_prob

N_CANDIDATES = 64
N_PRIOR = 400
"""Draws of the prior that are made at once."""
RADIUS = 2.0
"""Half the width of the box in unconstrained space that chains start in, as in Stan."""
QUICKLY_COMPILED = {"xla_backend_optimization_level": 0}
"""For a program that runs once: a refusal should not wait for the compiler."""
STRATEGIES: dict[str, Any] = {"prior": init_to_sample, "median": init_to_median}

type Flags = dict[str, Any]


@dataclass(frozen=True)
class Candidates:
    """Points to start from, and what the density is there."""

    z: Point
    is_finite: NDArray[np.bool_]
    potential: NDArray[np.float64]
    flags: Mapping[str, NDArray[np.bool_]]
    """By "site finite", "site nan" and "site:argument": one truth value a candidate."""

    def chosen(self, n: int) -> Point | None:
        """The first `n` points with finite density and gradient; used again where too few."""
        good = np.flatnonzero(self.is_finite)
        if not len(good):
            return None
        rows = np.resize(good, n)
        return {name: jnp.asarray(value)[rows] for name, value in self.z.items()}


class Starts:
    """Draws and tries candidates; two small programs, compiled when first needed."""

    def __init__(self, posterior: Posterior) -> None:
        """Start chains of `posterior`."""
        self.posterior = posterior
        self._try: Any = jax.jit(self._tried_all, compiler_options=QUICKLY_COMPILED)
        self._drawn: dict[str, Any] = {}

    def in_box(self, key: Any, radius: float = RADIUS, n: int = N_CANDIDATES) -> Candidates:
        """Uniform points in (-radius, radius) of unconstrained space."""
        example = self.posterior.example
        keys = jax.random.split(key, len(example))
        drawn = {
            name: jax.random.uniform(
                k, (n, *jnp.shape(example[name])), minval=-radius, maxval=radius
            )
            for k, name in zip(keys, sorted(example), strict=True)
        }
        return self.tried(drawn)

    def from_prior(self, key: Any, strategy: str = "prior", n: int = N_CANDIDATES) -> Candidates:
        """Draws of the prior (or its median); flat sites come from the box."""
        return self.tried(self.prior_draws(key, strategy, n))

    def prior_draws(self, key: Any, strategy: str, n: int) -> Point:
        """The first `n` of N_PRIOR unconstrained points, not tried."""
        if strategy not in self._drawn:
            draw = self._draw_of(STRATEGIES[strategy])

            def every(keys: Any, arrays: Arrays) -> Point:
                def one(key: Any) -> Point:
                    return draw(key, arrays)

                return cast("Point", jax.lax.map(one, keys))

            self._drawn[strategy] = jax.jit(every)
        # Always as many: another number would be another program.
        drawn = self._drawn[strategy](jax.random.split(key, N_PRIOR), self.posterior.arrays)
        return {name: np.asarray(value)[:n] for name, value in drawn.items()}

    def tried(self, z: Point) -> Candidates:
        """Density, gradient and sites at each point."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tried = self._try(z, self.posterior.arrays)
        potential, finite, flags = cast("tuple[Any, Any, Flags]", tried)
        return Candidates(
            z,
            np.asarray(finite, np.bool_),
            np.asarray(potential, np.float64),
            {name: np.asarray(flag, np.bool_) for name, flag in flags.items()},
        )

    def _tried_all(self, z: Point, arrays: Arrays) -> Any:
        def one(point: Point) -> tuple[Any, Any, Flags]:
            return self._tried(point, arrays)

        return cast("Any", jax.lax.map(one, z))

    def _tried(self, z: Point, arrays: Arrays) -> tuple[Any, Any, Flags]:
        potential, gradient = jax.value_and_grad(self.posterior.potential(arrays))(z)
        parts = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient)]
        finite = jnp.all(jnp.stack([jnp.isfinite(potential), *parts]))
        return potential, finite, self._site_flags(z, arrays)

    def _site_flags(self, z: Point, arrays: Arrays) -> Flags:
        posterior = self.posterior
        data = posterior.data(arrays)
        with numpyro.validation_enabled(False):
            values = constrain_fn(posterior.seeded, (), data, z)
            filled = substitute(seed(posterior.model, jax.random.key(0)), data=values)
            sites = trace(filled).get_trace(**data)
            flags: Flags = {}
            for name, site in sites.items():
                if is_sample(site):
                    term = log_prob(site)
                    flags[f"{name} finite"] = jnp.isfinite(term).all()
                    flags[f"{name} nan"] = jnp.isnan(term).any()
                    if not is_factor(site):
                        flags.update(argument_flags(name, site["fn"]))
        return flags

    def _draw_of(self, strategy: Any) -> Callable[[Any, Arrays], Point]:
        posterior = self.posterior

        def draw(key: Any, arrays: Arrays) -> Point:
            filled = substitute(seed(posterior.model, key), substitute_fn=strategy)
            with warnings.catch_warnings(), numpyro.validation_enabled(False):
                warnings.simplefilter("ignore")
                sites = trace(filled).get_trace(**posterior.data(arrays))
            return {
                name: to_unconstrained(sites[name], sites[name]["value"])
                for name in posterior.example
            }

        return draw


def argument_flags(name: str, fn: Any) -> Flags:
    """Whether each argument of a distribution lies in its domain, by "site:argument"."""
    flags: Flags = {}
    for argument, domain in getattr(fn, "arg_constraints", {}).items():
        value = getattr(fn, argument, None)
        # A dependent domain cannot be asked: it raises.
        if value is None or callable(value) or constraints.is_dependent(domain):
            continue
        if domain is constraints.real or domain is constraints.real_vector:
            flags[f"{name}:{argument}"] = ~jnp.isnan(jnp.asarray(value)).any()
        else:
            flags[f"{name}:{argument}"] = jnp.all(jnp.asarray(domain(value)))
    return flags


def findings_at(candidates: Candidates, lines: Mapping[str, int]) -> Iterator[Finding]:
    """What fails at some starts, or at all of them: then nothing can be sampled."""
    n = len(candidates.is_finite)
    is_hopeless = not candidates.is_finite.any()
    severity = "refused" if is_hopeless else "warn"
    blamed: set[str] = set()
    for label, flag in candidates.flags.items():
        site, colon, argument = label.partition(":")
        if colon and not flag.all():
            blamed.add(site)
            bad = int((~flag).sum())
            yield Finding(
                "init_failed" if is_hopeless and bad == n else "invalid_parameter",
                severity,
                f"{site}{at_line(lines.get(site))}: its argument {argument} leaves its domain at "
                f"{bad} of {n} starting points.",
                site,
            )
    for label, flag in candidates.flags.items():
        site, _, kind = label.rpartition(" ")
        if kind == "nan" and flag.any() and site not in blamed:
            blamed.add(site)
            yield Finding(
                "nan_log_prob",
                severity,
                f"{site}{at_line(lines.get(site))}: its log density is nan at {int(flag.sum())} "
                f"of {n} starting points.",
                site,
            )
    if is_hopeless:
        yield hopeless(candidates, lines, n)


def hopeless(candidates: Candidates, lines: Mapping[str, int], n: int) -> Finding:
    """No start works: name the site that has no density."""
    dead = {
        label.removesuffix(" finite"): int((~flag).sum())
        for label, flag in candidates.flags.items()
        if label.endswith(" finite") and not flag.all()
    }
    if not dead:
        return Finding(
            "init_failed",
            "refused",
            f"The gradient of the log density is not finite at any of {n} starting points.",
        )
    site = max(dead, key=lambda name: dead[name])
    return Finding(
        "init_failed",
        "refused",
        f"{site}{at_line(lines.get(site))}: its log density is not finite at {dead[site]} of {n} "
        "starting points.",
        site,
    )
