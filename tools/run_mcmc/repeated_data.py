"""Likelihoods with more terms than data: broadcasting, or a plate too many. Runs in the worker.

The draws of such a model look perfect and are far too narrow, so only the shapes can tell.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jax_workbench.tools.run_mcmc.findings import Finding, Severity, at_line
from jax_workbench.tools.run_mcmc.site_trace import Site, SiteTrace

type Shape = tuple[int, ...]

MEANT = "Right where the plates hold separate models of the same data; else give the data its axes."


def repeated_data(
    name: str, sites: SiteTrace, batch: Shape, terms: Shape, data: Mapping[str, Any]
) -> Iterator[Finding]:
    """Say that data of one observed site count more than once.

    Refused where the shapes prove it: along an axis that no plate declares, every datum meets as
    many terms as there are data (n x n). Left alone where it is meant: one constant that many
    terms are held to, and a plate of models that share nothing but the data.

    Args:
        name: The observed site.
        sites: One run of the model.
        batch: Shape of the data without the event's axes.
        terms: Shape of the log density.
        data: What the model was called with.
    """
    site = sites.observed[name]
    axes = [a for a in range(-len(terms), 0) if terms[a] > 1 and size_at(batch, a) == 1]
    plates = {frame.dim: frame for frame in site["cond_indep_stack"]}
    undeclared = [a for a in axes if a not in plates or plates[a].size != terms[a]]
    if not axes or (math.prod(batch) == 1 and not is_given(site["value"], data)):
        return
    is_square = any(terms[a] in batch for a in undeclared)
    is_meant = not undeclared and share_nothing(sites, {plates[a].name for a in axes})
    severity: Severity = "refused" if is_square else ("note" if is_meant else "warn")
    line = sites.lines.get(name)
    n_times = math.prod(terms) / max(math.prod(batch), 1)
    yield Finding(
        "broadcast_likelihood",
        severity,
        f"{name}{at_line(line)}: data of shape {batch} against a distribution of shape "
        f"{tuple(site['fn'].batch_shape)}{shapes_of_arguments(site)} make {math.prod(terms)} terms "
        f"instead of {math.prod(batch)}, so each datum counts {n_times:g} times"
        + ("." if is_meant else " and the posterior would be far too narrow."),
        name,
        MEANT if is_meant else (repair(site, batch) if undeclared else ""),
    )
    if len(plates) > 1 and not is_meant:
        names = ", ".join(frame.name for frame in plates.values())
        yield Finding(
            "plate",
            "warn",
            f"{name}{at_line(line)} stands in {len(plates)} plates ({names}) with data of shape "
            f"{batch}.",
            name,
        )


def size_at(shape: Shape, axis: int) -> int:
    """Length of an axis counted from the end; 1 where there is none."""
    return shape[axis] if -axis <= len(shape) else 1


def is_given(value: Any, data: Mapping[str, Any]) -> bool:
    """Whether an observed value is one of the arguments, not a constant of the model."""
    return any(np.array_equal(np.asarray(value), np.asarray(entry)) for entry in data.values())


def share_nothing(sites: SiteTrace, plates: set[str]) -> bool:
    """Whether every latent site stands in all of `plates`: then these are separate models."""
    return all(
        plates <= {frame.name for frame in site["cond_indep_stack"]}
        for site in sites.latents.values()
    )


def shapes_of_arguments(site: Site) -> str:
    """` (loc (40, 1), scale ())`: what the distribution was made of."""
    shapes = argument_shapes(site)
    said = ", ".join(f"{argument} {shape}" for argument, shape in shapes.items())
    return f" ({said})" if said else ""


def argument_shapes(site: Site) -> dict[str, Shape]:
    """Shapes of a distribution's arguments, plates and expansions taken off."""
    fn: Any = site["fn"]
    while (inner := getattr(fn, "base_dist", None)) is not None:
        fn = inner
    names: list[str] = list(getattr(fn, "arg_constraints", {}))
    held: dict[str, Any] = {name: vars(fn)[name] for name in names if name in vars(fn)}
    return {name: tuple(np.shape(value)) for name, value in held.items()}


def repair(site: Site, batch: Shape) -> str:
    """What makes the shapes equal."""
    if len(batch) > 1 and batch[-1] == 1:
        return f"Drop the data's last axis: obs=y[..., 0] of shape {batch[:-1]}."
    odd = [
        argument
        for argument, shape in argument_shapes(site).items()
        if len(shape) > len(batch) and shape[-1] == 1
    ]
    if odd:
        return (
            f"Drop the last axis of {odd[0]}: jnp.squeeze({odd[0]}, -1), so that it has the "
            f"data's shape {batch}."
        )
    return ""
