"""From diagnoses to coded reasons and one word. Runs in the worker."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc import Reason
from jax_workbench.tools.run_mcmc.diagnostics import Diagnosis
from jax_workbench.tools.run_mcmc.findings import Finding, is_symptom
from jax_workbench.tools.run_mcmc.geometry import geometry_findings
from jax_workbench.tools.run_mcmc.multimodality import findings as mode_findings
from jax_workbench.tools.run_mcmc.multimodality import unconstrained_scalars
from jax_workbench.tools.run_mcmc.posterior_shape import (
    at_bounds,
    conflicts,
    heavy_tails,
    improper,
    unidentified,
)
from jax_workbench.tools.run_mcmc.prior_spread import PriorSpread
from jax_workbench.tools.run_mcmc.sampling import MAX_RHAT, Sampled
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace

N_NAMED = 3


def convergence(diagnosis: Diagnosis, min_ess: float, n_chains: int) -> Iterator[Finding]:
    """Whether chains agree, and whether there are enough effective draws."""
    names, judged = diagnosis.scalars.names, diagnosis.is_judged
    sites = diagnosis.scalars.sites
    if n_chains == 1:
        yield Finding("single_chain", "warn", "One chain: R-hat cannot be computed.")
    else:
        high = np.flatnonzero(judged & ~(diagnosis.rhat < MAX_RHAT))
        if len(high):
            worst = worst_of(high, diagnosis.rhat)
            yield Finding(
                "high_rhat",
                "warn",
                f"R-hat is not below {MAX_RHAT} for {len(high)} of {len(names)} scalars: "
                + ", ".join(f"{names[i]} {diagnosis.rhat[i]:.3f}" for i in worst)
                + ".",
                sites[worst[0]],
            )
    least = np.fmin(diagnosis.ess_bulk, diagnosis.ess_tail)
    low = np.flatnonzero(judged & ~(least >= min_ess))
    if len(low):
        worst = worst_of(low, -least)
        yield Finding(
            "low_ess",
            "warn",
            f"Bulk or tail effective sample size is below {min_ess:.0f} for {len(low)} of "
            f"{len(names)} scalars: "
            + ", ".join(f"{names[i]} {least[i]:.0f}" for i in worst)
            + ".",
            sites[worst[0]],
        )


def worst_of(rows: NDArray[np.intp], badness: NDArray[np.float64]) -> list[int]:
    """The few worst of `rows`; what is nan is worst."""
    order = np.argsort(-np.nan_to_num(badness[rows], nan=np.inf), kind="stable")
    return [int(i) for i in rows[order][:N_NAMED]]


def findings_after(
    sampled: Sampled,
    sites: SiteTrace,
    prior: PriorSpread | None,
    *,
    min_ess: float,
    n_asked: int,
) -> tuple[list[Finding], frozenset[int]]:
    """Everything the draws show, and the judged scalars that have no mean."""
    latents, diagnosis = sites.latents, sampled.diagnosis
    z = unconstrained_scalars(sampled.seen["z"])
    found: list[Finding] = []
    runaway = improper(z, sites, diagnosis)
    if runaway:
        found.append(runaway)
    found.extend(convergence(diagnosis, min_ess, n_asked))
    is_bad = bool(found)
    modes = list(mode_findings(diagnosis, sampled.draws, latents))
    found.extend(modes)
    if sampled.geometry:
        found.extend(geometry_findings(sampled.geometry, sites))
    heavy: Mapping[int, float] = {}
    if not runaway:
        heavy = {} if diagnosis.worst_rhat > MAX_RHAT else heavy_tails(diagnosis, latents)
        found.extend(tail_findings(heavy, diagnosis))
        spread: Mapping[str, float] = prior.unconstrained_sd if prior else {}
        flat = unidentified(z, spread, is_bad=is_bad)
        found.extend([flat] if flat and not modes else [])
        found.extend(at_bounds(sampled.draws, sites, prior.site_sd if prior else {}))
        if prior:
            found.extend(conflicts(sampled.draws, prior.independent, sites))
    return found, frozenset(heavy)


def tail_findings(heavy: Mapping[int, float], diagnosis: Diagnosis) -> Iterator[Finding]:
    """Scalars whose mean has no use."""
    if heavy:
        i = max(heavy, key=lambda row: heavy[row])
        yield Finding(
            "heavy_tail",
            "warn",
            f"The tails of {diagnosis.scalars.names[i]} allow no mean: Pareto k of its draws is "
            f"{heavy[i]:.2f}, above 0.7; mean and sd are null.",
            diagnosis.scalars.sites[i],
        )


def reasons_of(findings: Sequence[Finding]) -> tuple[str, list[Reason], list[Finding]]:
    """Status, its reasons, and what is only worth a note.

    What is only a note joins the reasons where something else is wrong.
    """
    status = "ok"
    for finding in findings:
        if finding.severity == "refused":
            status = "refused"
        elif finding.severity == "warn" and status == "ok":
            status = "warn"
    if status == "ok":
        return status, [], list(findings)
    return status, [finding.reason() for finding in once(findings)], []


def once(findings: Sequence[Finding]) -> list[Finding]:
    """Each code and site once; refusals first, then causes, then what only shows them."""
    seen: dict[tuple[str, str | None], Finding] = {}
    for finding in sorted(findings, key=lambda one: (one.severity != "refused", is_symptom(one))):
        seen.setdefault((finding.code, finding.site), finding)
    return list(seen.values())


def json_ready(value: Any) -> Any:
    """`value` with NumPy numbers as Python's, and what is not finite as None."""
    if isinstance(value, dict):
        return {str(k): json_ready(v) for k, v in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [json_ready(v) for v in cast("list[Any]", value)]
    plain: Any = cast("Any", value).item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
