"""What the trajectories say: divergences, tree depth, energies. Runs in the worker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc import SamplerStatistics, chain_statistics
from jax_workbench.tools.run_mcmc.diagnostics import number
from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.kernels import MAX_TREE_DEPTH
from jax_workbench.tools.run_mcmc.site_trace import Site, SiteTrace

MIN_EBFMI = 0.3
MAX_CAPPED = 0.01
"""Share of trajectories at the cap of tree depth beyond which it is told."""


@dataclass(frozen=True)
class Geometry:
    """Statistics of the kept transitions, each (chains, draws)."""

    diverging: NDArray[np.bool_]
    num_steps: NDArray[np.int64]
    energy: NDArray[np.float64]
    accept_prob: NDArray[np.float64]
    step_size: NDArray[np.float64]

    @property
    def n_divergences(self) -> int:
        """Over all chains."""
        return int(self.diverging.sum())

    @property
    def ebfmi(self) -> NDArray[np.float64]:
        """Energy Bayesian fraction of missing information, one a chain."""
        with np.errstate(all="ignore"):
            finite = np.where(np.abs(self.energy) < np.inf, self.energy, np.nan)
            return chain_statistics.ebfmi(finite)

    @property
    def capped(self) -> float:
        """Share of trajectories that ended at the cap of tree depth."""
        return float((self.num_steps >= 2**MAX_TREE_DEPTH - 1).mean())

    @property
    def is_bad(self) -> bool:
        """Divergences or low energies: more draws of the same do not mend it."""
        return bool(self.n_divergences) or bool((self.ebfmi < MIN_EBFMI).any())

    def statistics(self) -> SamplerStatistics:
        """As the answer shows it."""
        return SamplerStatistics(
            divergences=self.n_divergences,
            divergences_per_chain=tuple(int(n) for n in self.diverging.sum(axis=1)),
            max_treedepth_fraction=self.capped,
            ebfmi=tuple(number(value) for value in self.ebfmi),
            accept_prob=number(self.accept_prob.mean()),
            mean_leapfrogs=number(self.num_steps.mean()),
            step_size=number(np.mean(self.step_size)),
        )


def geometry_of(seen: Mapping[str, Any]) -> Geometry | None:
    """Of stacked transitions; None for a method without trajectories."""
    if "energy" not in seen:
        return None
    return Geometry(*(np.asarray(seen[name]) for name in Geometry.__dataclass_fields__))


def geometry_findings(geometry: Geometry, sites: SiteTrace) -> Iterator[Finding]:
    """Whether the sampler could go everywhere."""
    n = geometry.diverging.size
    if geometry.n_divergences:
        yield Finding(
            "divergences",
            "warn",
            f"{geometry.n_divergences} of {n} transitions diverged, by chain "
            f"{[int(count) for count in geometry.diverging.sum(axis=1)]}: a region was not "
            "explored.",
        )
    low = ~(geometry.ebfmi >= MIN_EBFMI)
    if low.any() and not (geometry.ebfmi[low] == 0).all():
        shown = ", ".join(f"{value:.2f}" for value in geometry.ebfmi)
        yield Finding("low_ebfmi", "warn", f"E-BFMI by chain {shown}; at least {MIN_EBFMI}.")
    if geometry.n_divergences or low.any():
        yield from scaled_by_latents(sites)
    if geometry.capped > MAX_CAPPED:
        yield Finding(
            "max_treedepth",
            "note",
            f"{geometry.capped:.0%} of the trajectories ended at tree depth {MAX_TREE_DEPTH}: "
            "sampling is slow, not wrong.",
        )


def scaled_by_latents(sites: SiteTrace) -> Iterator[Finding]:
    """Sites whose prior's scale is another latent site: where funnels come from."""
    for name, site in sites.latents.items():
        scale = scale_of(site)
        if scale is None:
            continue
        for other, source in sites.latents.items():
            if other != name and depends(scale, source["value"]):
                yield Finding(
                    "reparameterise",
                    "warn",
                    f"{name} (line {sites.lines.get(name)}) has the latent {other} in its scale: "
                    "a funnel.",
                    name,
                    "Write it non-centred, or wrap the model: "
                    f"model = numpyro.handlers.reparam(model, config={{{name!r}: "
                    "LocScaleReparam(0)}) from numpyro.infer.reparam.",
                )
                break


def scale_of(site: Site) -> NDArray[np.float64] | None:
    """Scale argument of a location-scale prior."""
    fn: Any = site["fn"]
    while hasattr(fn, "base_dist") and not hasattr(fn, "scale"):
        fn = fn.base_dist
    scale: Any = getattr(fn, "scale", None)
    return None if scale is None or not hasattr(fn, "loc") else np.asarray(scale, np.float64)


def depends(scale: NDArray[np.float64], value: Any) -> bool:
    """Whether `scale` holds a number of `value`, or its usual transforms, of this one run.

    Seen by value: the run's values are random, so an agreement to all digits is no chance.
    """
    with np.errstate(all="ignore"):
        source = np.asarray(value, np.float64).ravel()
        forms = [
            source,
            np.exp(source),
            np.exp(source / 2),
            np.sqrt(np.abs(source)),
            1 / source,
            np.sqrt(1 / np.abs(source)),
        ]
    mine = np.unique(scale.ravel())
    return any(
        bool(np.isclose(form[:, None], mine[None, :], rtol=1e-6, atol=0).any())
        for form in forms
        if np.isfinite(form).all()
    )
