"""Chains that live in different places, and places no chain has seen. Runs in the worker."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.chain_statistics import rhat
from jax_workbench.tools.run_mcmc.diagnostics import Diagnosis
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.scalars import Draws, Scalars, flatten

MAX_RHAT = 1.01
APART = 4.0
"""Standard deviations between chains' means from which on they are in different modes."""
FAR = 6.0
"""The same for single chains from far starts, which are short."""
SLACK = 10.0
"""How much less dense than the known draws another mode may be, in units of log density."""


STILL = 1e6
"""A gap so wide, in standard deviations within a chain, is that of a scalar that does not move."""


def chains_apart(
    diagnosis: Diagnosis, draws: Draws, latents: Mapping[str, object]
) -> Finding | None:
    """Say that chains are stuck in different modes, or that labels are exchanged between them."""
    if not (diagnosis.worst_rhat > MAX_RHAT):
        return None
    gap, i = widest_gap(diagnosis)
    if not gap > APART:
        return None
    name, site = diagnosis.scalars.names[i], diagnosis.scalars.sites[i]
    means = diagnosis.scalars.columns[:, :, i].mean(axis=1)
    shown = ", ".join(f"{mean:.4g}" for mean in means)
    switched = [vector for vector in draws if vector in latents and is_switched(draws[vector])]
    if switched:
        return Finding(
            "label_switching",
            "warn",
            f"Chains agree on {switched[0]} once its components are sorted in each draw: the "
            f"components are exchangeable ({name} has chain means {shown}).",
            switched[0],
        )
    apart = f"{gap:.1f} standard deviations within a chain apart"
    if gap > STILL:
        apart = "and hardly moves within a chain"
    return Finding(
        "multimodal",
        "warn",
        f"Chains stay apart: {name} has means {shown} by chain, {apart}.",
        site,
    )


def widest_gap(diagnosis: Diagnosis) -> tuple[float, int]:
    """Largest distance between chains' means in standard deviations within chains, and where."""
    columns = diagnosis.scalars.columns
    with np.errstate(all="ignore"):
        means = columns.mean(axis=1)
        within = np.sqrt(np.median(columns.var(axis=1), axis=0))
        gaps = np.ptp(means, axis=0) / np.maximum(within, 1e-300)
    gaps = np.where(diagnosis.is_judged & np.isfinite(gaps), gaps, 0.0)
    i = int(np.argmax(gaps)) if len(gaps) else 0
    return (float(gaps[i]) if len(gaps) else 0.0), i


def is_switched(vector: NDArray[np.float64]) -> bool:
    """Whether sorting the components of a vector makes chains that disagree agree."""
    if vector.ndim != 3 or vector.shape[2] < 2 or not np.isfinite(vector).all():  # noqa: PLR2004
        return False
    before, after = rhat(vector), rhat(np.sort(vector, axis=2))
    return bool((before > MAX_RHAT).any() and (after < 1 + 3 * (MAX_RHAT - 1)).all())


def another_mode(
    known: Scalars,
    known_potential: NDArray[np.float64],
    found: Scalars,
    found_potential: NDArray[np.float64],
) -> Finding | None:
    """Whether a chain from a far start came to rest elsewhere, at a comparable density.

    Args:
        known: Unconstrained draws of the main chains.
        known_potential: Minus log density of them, (chains, draws).
        found: The last draws of the chains from far starts.
        found_potential: The same for them.
    """
    mean = known.columns.mean(axis=(0, 1))
    sd = np.maximum(known.columns.std(axis=(0, 1)), 1e-300)
    low, high = known.columns.min(axis=(0, 1)), known.columns.max(axis=(0, 1))
    allowed = highest_potential(known_potential)
    for chain in range(found.columns.shape[0]):
        columns = found.columns[chain]
        if not np.isfinite(columns).all() or np.median(found_potential[chain]) > allowed:
            continue
        half = len(columns) // 2
        own_sd = np.maximum(columns.std(axis=0), 1e-300)
        drift = np.abs(columns[:half].mean(axis=0) - columns[half:].mean(axis=0)) / own_sd
        outside = (columns.min(axis=0) > high) | (columns.max(axis=0) < low)
        distance = np.where(outside, np.abs(columns.mean(axis=0) - mean) / sd, 0.0)
        i = int(np.argmax(distance))
        if distance[i] > FAR and drift[i] < 2:  # noqa: PLR2004 - it has come to rest
            return Finding(
                "multimodal",
                "warn",
                f"A chain from a far start stays at {known.names[i]} = "
                f"{columns[:, i].mean():.4g} (unconstrained), {distance[i]:.0f} standard "
                f"deviations from these draws ({mean[i]:.4g}), at a log density "
                f"{np.median(known_potential) - np.median(found_potential[chain]):+.1f} from "
                "theirs: there is a mode that the chains missed.",
                known.sites[i],
            )
    return None


def highest_potential(known: NDArray[np.float64]) -> float:
    """Minus log density up to which a place counts; `known` is that of the draws."""
    # The median: one chain of draws far from the typical set must not widen what is allowed.
    return float(np.median(known) + SLACK + 3 * known.std())


def unconstrained_scalars(z: Draws) -> Scalars:
    """Columns of the continuous sites in unconstrained space."""
    return flatten({name: value for name, value in z.items() if value.dtype.kind == "f"})


def findings(
    diagnosis: Diagnosis, draws: Draws, latents: Mapping[str, object]
) -> Iterator[Finding]:
    """What the main chains show of modes."""
    finding = chains_apart(diagnosis, draws, latents)
    if finding:
        yield finding
