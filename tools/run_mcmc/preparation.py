"""From arguments to a posterior that may be compiled, or the findings that forbid it.

Runs in the worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.contract import Note
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.column_scale import scale_of_columns, still_offset
from jax_workbench.tools.run_mcmc.draws_file import last_points
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.posterior import (
    Point,
    Posterior,
    build_posterior,
    to_unconstrained,
)
from jax_workbench.tools.run_mcmc.preflight import (
    first_run,
    missing_numbers,
    structural,
    why_it_raised,
)
from jax_workbench.tools.run_mcmc.site_trace import Model, SiteTrace
from jax_workbench.tools.run_mcmc.starts import Candidates, Starts, findings_at
from jax_workbench.tools.run_mcmc.unused_arrays import unused_arrays


@dataclass
class Prepared:
    """What was found out without sampling; `ready` is None where sampling makes no sense."""

    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Note] = field(default_factory=list[Note])
    ready: "Ready | None" = None

    @property
    def is_refused(self) -> bool:
        """Something forbids sampling."""
        return any(finding.severity == "refused" for finding in self.findings)


@dataclass(frozen=True)
class Ready:
    """A posterior with places to start from."""

    posterior: Posterior
    sites: SiteTrace
    starts: Starts
    candidates: Candidates


def prepare(
    model: Model, data: Mapping[str, Any], ask: RunMcmcAsk, blobs: Mapping[str, bytes]
) -> Prepared:
    """Run the model once, check it, make its density and try starting points."""
    prepared = Prepared()
    prepared.findings.extend(missing_numbers(data))
    if prepared.is_refused:
        return prepared
    arrays = {n: jax.numpy.asarray(v) if isinstance(v, np.ndarray) else v for n, v in data.items()}
    sites = first_run(model, arrays)
    if isinstance(sites, Finding):
        prepared.findings.append(sites)
        return prepared
    check_latents(sites, ask)
    prepared.findings.extend(structural(sites, data, discrete_is_fine=ask.method == "mixed"))
    prepared.findings.extend(scale_of_columns(data, sites, is_double=ask.x64))
    if prepared.is_refused:
        return prepared
    try:
        posterior = build_posterior(model, data, sites)
    except Exception as error:  # noqa: BLE001 - the model runs eagerly and not under jit
        prepared.findings.append(why_it_raised(error))
        return prepared
    prepared.findings = still_offset(prepared.findings, posterior)
    prepared.notes.extend(unused_notes(posterior, sites, prepared))
    starts = Starts(posterior)
    candidates = candidates_for(starts, sites, ask, blobs)
    prepared.findings.extend(findings_at(candidates, sites.lines))
    if prepared.is_refused:
        prepared.findings = cause_first(prepared.findings)
    else:
        prepared.ready = Ready(posterior, sites, starts, candidates)
    return prepared


def cause_first(findings: list[Finding]) -> list[Finding]:
    """Where no start works and data lie outside of the support, these are the cause."""
    causes = [
        replace(finding, severity="refused")
        for finding in findings
        if finding.code == "obs_outside_support"
    ]
    return [*causes, *(finding for finding in findings if finding.code != "obs_outside_support")]


def check_latents(sites: SiteTrace, ask: RunMcmcAsk) -> None:
    """Check that there is something for the method to move."""
    if not sites.latents:
        raise ToolError(
            "bad_argument",
            "model: there is no latent sample site, so there is no posterior.",
            "Use numpyro.sample without obs= for what is unknown.",
        )
    discrete = [name for name, site in sites.latents.items() if site["fn"].support.is_discrete]
    if ask.method == "mixed" and len(discrete) in {0, len(sites.latents)}:
        raise ToolError(
            "unsupported",
            f"method: mixed needs discrete and continuous sites; {len(discrete)} of "
            f"{len(sites.latents)} are discrete.",
            'Use method="nuts" for continuous sites; sum out purely discrete ones.',
        )


def unused_notes(posterior: Posterior, sites: SiteTrace, prepared: Prepared) -> list[Note]:
    """Data that the density never sees: a forgotten obs=, or a column too many."""
    notes: list[Note] = []
    found = {finding.code for finding in prepared.findings}
    for name in unused_arrays(posterior):
        twin = like_named(name, posterior, sites)
        if twin and "missing_obs" not in found:
            prepared.findings.append(
                Finding(
                    "missing_obs",
                    "warn",
                    f"The density does not depend on {name}, and {twin} (line "
                    f"{sites.lines.get(twin)}) is a latent site of its shape: obs={name} is "
                    "missing.",
                    twin,
                )
            )
        elif "missing_obs" not in found:
            text = f"The density does not depend on {name}: leave it out, or use it."
            notes.append(Note(code="unused_data", severity="warning", text=text))
    return notes


def like_named(array: str, posterior: Posterior, sites: SiteTrace) -> str | None:
    """A latent site that seems meant to be observed: of that shape, and nothing depends on it."""
    shape = np.shape(posterior.arrays[array])
    for name, site in reversed(list(sites.latents.items())):
        if shape and np.shape(site["value"]) == shape:
            return name
    return None


def candidates_for(
    starts: Starts, sites: SiteTrace, ask: RunMcmcAsk, blobs: Mapping[str, bytes]
) -> Candidates:
    """Points to start from, as the call asks."""
    key = jax.random.fold_in(jax.random.key(ask.seed), 1)
    if ask.warm_start:
        return starts.tried(earlier_ends(starts, sites, ask, blobs))
    if ask.init == "uniform":
        return starts.in_box(key)
    return starts.from_prior(key, ask.init)


def earlier_ends(
    starts: Starts, sites: SiteTrace, ask: RunMcmcAsk, blobs: Mapping[str, bytes]
) -> dict[str, Any]:
    """Where the chains of an earlier run ended, in unconstrained space."""
    content = blobs.get(ask.warm_start)
    if content is None:
        there = ", ".join(blobs) or "none"
        raise ToolError(
            "bad_argument",
            f"warm_start: {ask.warm_start!r} is not among the files ({there}).",
            "Name the draws.npz of the earlier run in files, and here by its base name.",
        )
    try:
        ends = last_points(content)
    except (ValueError, OSError, IndexError) as error:
        raise ToolError(
            "bad_argument",
            f"warm_start: {ask.warm_start} holds no draws: {error}.",
            "Use the draws.npz artifact of an earlier run.",
        ) from None
    example = starts.posterior.example
    missing = [name for name in example if name not in ends]
    if missing:
        raise ToolError(
            "bad_argument",
            f"warm_start: {ask.warm_start} lacks the sites {', '.join(missing)}.",
            "Use draws of the same model.",
        )
    points: Point = {}
    for name, like in example.items():
        site = sites.latents[name]
        point = to_unconstrained(site, ends[name])
        if point.shape[1:] != np.shape(like):
            raise ToolError(
                "bad_argument",
                f"warm_start: {name} has shape {ends[name].shape[1:]} a draw, the model's another.",
                "Use draws of the same model and data of the same shape.",
            )
        points[name] = point
    return points
