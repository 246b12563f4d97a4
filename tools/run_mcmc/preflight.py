"""What one run of the model shows before anything is compiled. Runs in the worker.

No diagnostic of a sampler can see these faults: the draws of a wrong likelihood look perfect.
"""

import math
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.common.user_traceback import user_line
from jax_workbench.tools.run_mcmc.findings import Finding, at_line
from jax_workbench.tools.run_mcmc.model_text import FILENAME
from jax_workbench.tools.run_mcmc.posterior import BAKED_IN
from jax_workbench.tools.run_mcmc.repeated_data import repeated_data
from jax_workbench.tools.run_mcmc.site_trace import Model, Site, SiteTrace, log_prob, run_once

MESSAGE_LIMIT = 400
N_ROWS = 5
"""Rows that are named where many are at fault."""


def missing_numbers(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Data that are not finite, each with the first place."""
    for name, value in data.items():
        if isinstance(value, str) or np.asarray(value).dtype.kind != "f":
            continue
        places = np.argwhere(~np.isfinite(value))
        if len(places):
            first = places[0].tolist()
            where = f"row {first[0]}" if len(first) == 1 else f"index {first}"
            found = np.asarray(value)[tuple(places[0])]
            yield Finding(
                "nan_in_data",
                "refused",
                f"{name} has {len(places)} non-finite numbers, the first ({found}) at {where}, "
                "counted from 0.",
                name,
            )


def first_run(model: Model, data: Mapping[str, Any]) -> SiteTrace | Finding:
    """The model's sites, or why it does not run."""
    try:
        return run_once(model, data)
    except Exception as error:  # noqa: BLE001 - whatever the user's model raises is the answer
        return why_it_raised(error)


def why_it_raised(error: Exception) -> Finding:
    """Name the line of the model, and the fault where the message tells it."""
    said = shorten(message_of(error), MESSAGE_LIMIT)
    line = user_line(error, (FILENAME,))
    evidence = f"{type_name(error)}{at_line(line)}: {said}"
    if "unique names" in said:
        return Finding("duplicate_site", "refused", evidence)
    if "plate" in said.lower() or in_plate(error):
        return Finding("plate", "refused", evidence)
    return Finding("model_raised", "refused", evidence)


def in_plate(error: Exception) -> bool:
    """Whether a plate raised: its size does not fit what stands in it."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_qualname.startswith("plate.") for frame, _ in frames)


def structural(
    sites: SiteTrace, data: Mapping[str, Any], *, discrete_is_fine: bool
) -> Iterator[Finding]:
    """Faults in how the sites fit the data and each other."""
    for name, site in sites.latents.items():
        if site["fn"].support.is_discrete and not discrete_is_fine:
            kind = type(site["fn"]).__name__
            yield Finding(
                "discrete_latent",
                "refused",
                f"{name}{at_line(sites.lines.get(name))} is {kind} and not observed; NUTS needs "
                "continuous sites.",
                name,
            )
    for name, site in sites.observed.items():
        yield from likelihood(name, site, sites, data)
    if any(isinstance(value, np.ndarray) for value in data.values()):
        yield from unobserved(sites)


def unobserved(sites: SiteTrace) -> Iterator[Finding]:
    """Data were passed and nothing is conditioned on them."""
    if sites.observed or sites.has_factor:
        return
    last = next(reversed(sites.latents), None)
    yield Finding(
        "missing_obs",
        "warn",
        "Data were passed, but no site has obs= and there is no factor: these are prior draws"
        + (f"; the last site is {last}{at_line(sites.lines.get(last))}." if last else "."),
        last,
    )


def terms_of(site: Site) -> tuple[int, ...]:
    """Shape of the log density, not computed where it need not be: n x n terms may not fit."""

    def terms() -> Any:
        return log_prob(site)

    try:
        return tuple(jax.eval_shape(terms).shape)
    except BAKED_IN:
        return tuple(np.shape(terms()))


def likelihood(
    name: str, site: Site, sites: SiteTrace, data: Mapping[str, Any]
) -> Iterator[Finding]:
    """Whether each datum counts once, and lies where it can."""
    line = sites.lines.get(name)
    value = np.asarray(site["value"])
    batch = value.shape[: value.ndim - site["fn"].event_dim]
    try:
        terms = terms_of(site)
    except (ValueError, TypeError) as error:
        said = shorten(message_of(error), MESSAGE_LIMIT)
        yield Finding(
            "broadcast_likelihood",
            "refused",
            f"{name}{at_line(line)}: data of shape {value.shape} do not fit a distribution of "
            f"shape {site['fn'].shape()}: {said}",
            name,
        )
        return
    if math.prod(terms) > math.prod(batch):
        yield from repeated_data(name, sites, batch, terms, data)
    inside = np.asarray(site["fn"].support(site["value"]))
    if not inside.all():
        rows = np.argwhere(~inside)
        shown = [row[0] if len(row) == 1 else row for row in rows[:N_ROWS].tolist()]
        worst = value[tuple(rows[0])] if value.ndim else value
        yield Finding(
            "obs_outside_support",
            "warn",
            f"{name}{at_line(line)}: {len(rows)} of {inside.size} data lie outside the support of "
            f"{type(site['fn']).__name__}, rows {shown} (counted from 0), the first is {worst}.",
            name,
        )
