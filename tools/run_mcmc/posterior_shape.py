"""Posteriors whose draws are fine and whose numbers mislead. Runs in the worker.

Unidentified directions, improper ones, piles at a bound, tails without a mean, priors at odds with
the data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.chain_statistics import tail_k
from jax_workbench.tools.run_mcmc.diagnostics import Diagnosis
from jax_workbench.tools.run_mcmc.findings import Finding, at_line
from jax_workbench.tools.run_mcmc.scalars import Draws, Scalars
from jax_workbench.tools.run_mcmc.site_trace import Site, SiteTrace

MAX_INFLATION = 500
"""Variance inflation of a scalar by the others: two scalars correlated to 0.999."""
NO_CONTRACTION = 0.8
"""Posterior sd over prior sd of a combination, from which on the data say nothing of it."""
SHARE_AT_BOUND, AT_BOUND = 0.05, 1e-3
MAX_TAIL = 0.7
"""Pareto k of the draws beyond which the mean has no use."""
CONFLICT = 5.0
"""Prior standard deviations between prior and posterior that no prior meant."""
HUGE = 1e8
"""Unconstrained size of a flat site's draws that only a drift explains."""
MAX_PAIRED = 100


def improper(z: Scalars, sites: SiteTrace, diagnosis: Diagnosis) -> Finding | None:
    """Draws that run away."""
    for i, ok in enumerate(diagnosis.is_finite):
        if not ok:
            name, site = diagnosis.scalars.names[i], diagnosis.scalars.sites[i]
            return runaway(name, site, sites, "has draws that are not finite or beyond 1e100")
    size = np.abs(z.columns)
    for i, name in enumerate(z.names):
        flat = is_flat(sites.latents[z.sites[i]])
        column = size[:, :, i]
        if not np.isfinite(column).all() or column.max() > HUGE**2:
            return runaway(name, z.sites[i], sites, "has draws beyond all scales")
        half = column.shape[1] // 2
        grows = np.median(column[:, half:]) > 2 * np.median(column[:, :half])
        if flat and (
            (column.max() > HUGE and np.ptp(column) > HUGE / 10)
            or (
                grows and np.median(column) > 50  # noqa: PLR2004 - far outside the starting box
            )
        ):
            shown = f"has a flat prior and draws up to {column.max():.2g} that keep growing"
            return runaway(name, z.sites[i], sites, shown)
    return None


def runaway(name: str, site: str, sites: SiteTrace, what: str) -> Finding:
    """The finding for draws without a posterior."""
    evidence = f"{name}{at_line(sites.lines.get(site))} {what}: the posterior has no finite mass."
    return Finding("improper", "warn", evidence, site)


def is_flat(site: Site) -> bool:
    """Whether the prior is improper by name."""
    fn = site["fn"]
    while hasattr(fn, "base_dist"):
        fn = fn.base_dist
    return type(fn).__name__ == "ImproperUniform"


def unidentified(z: Scalars, prior_sd: Mapping[str, float], *, is_bad: bool) -> Finding | None:
    """A combination of scalars that neither the data nor the sampler can pin down.

    Scalars that the others determine to 0.1 % (by variance inflation) are suspect. They are
    unidentified where the chains fail on them, or where some combination of them is as wide as
    its prior.

    Args:
        z: Unconstrained draws.
        prior_sd: Of each scalar of a site with a proper prior, in unconstrained space.
        is_bad: R-hat or effective sample size failed.
    """
    varying = np.flatnonzero(z.columns.std(axis=(0, 1)) > 0)[:MAX_PAIRED]
    if len(varying) < 2 or not np.isfinite(z.columns).all():  # noqa: PLR2004
        return None
    some = z.of(varying)
    flat = some.columns.reshape(-1, len(varying))
    correlation = np.atleast_2d(np.corrcoef(flat.T))
    inflation = np.diag(np.linalg.pinv(correlation, hermitian=True))
    values = np.linalg.eigvalsh(correlation)
    group = np.flatnonzero(inflation > MAX_INFLATION)
    if len(group) < 2 and values[0] < 1e-12:  # noqa: PLR2004 - too singular to invert
        group = np.arange(len(varying))
    if len(group) < 2:  # noqa: PLR2004
        return None
    width = widest(flat[:, group], [prior_sd.get(some.names[i]) for i in group])
    if not is_bad and not width > NO_CONTRACTION:
        return None
    off = correlation[group][:, group] - np.eye(len(group))
    strongest = off.flat[int(np.argmax(np.abs(off)))]
    has_width = not np.isnan(width)
    told = f"; one combination of them is {width:.0%} as wide as its prior" if has_width else ""
    return Finding(
        "unidentified",
        "warn",
        f"Only a combination of {', '.join(some.of(group[:4]).names)} is determined: "
        f"correlation {strongest:.5f} in unconstrained space{told}.",
        some.sites[int(group[0])],
    )


def widest(columns: NDArray[np.float64], prior_sd: list[float | None]) -> float:
    """Largest standard deviation of any combination of `columns` in units of its prior's.

    nan where a scalar has no proper prior.
    """
    known = [sd for sd in prior_sd if sd is not None and sd > 0]
    if len(known) < len(prior_sd):
        return float("nan")
    scaled = columns / np.asarray(known)
    return float(np.sqrt(np.linalg.eigvalsh(np.cov(scaled.T))[-1]))


def at_bounds(draws: Draws, sites: SiteTrace, prior_sd: Mapping[str, float]) -> Iterator[Finding]:
    """Draws piled against an end of the prior's support."""
    for name, site in sites.latents.items():
        support: Any = site["fn"].support
        while hasattr(support, "base_constraint"):
            support = support.base_constraint
        low: Any = getattr(support, "lower_bound", None)
        high: Any = getattr(support, "upper_bound", None)
        if name not in draws or support.is_discrete:
            continue
        for bound, label in ((low, "lower"), (high, "upper")):
            if bound is None or np.ndim(bound) > 0 or not np.isfinite(float(bound)):
                continue
            interval = None if low is None or high is None else high - low
            width = prior_sd.get(name, np.nan) if interval is None else float(np.max(interval))
            share = float((np.abs(draws[name] - float(bound)) < AT_BOUND * width).mean())
            if share > SHARE_AT_BOUND:
                yield Finding(
                    "support_boundary",
                    "warn",
                    f"{share:.0%} of the draws of {name}{at_line(sites.lines.get(name))} lie "
                    f"within {AT_BOUND:g} of the support's width from its {label} end, "
                    f"{float(bound):g}.",
                    name,
                )


def heavy_tails(diagnosis: Diagnosis, latents: Mapping[str, object]) -> dict[int, float]:
    """Judged scalars of sampled sites whose tails allow no mean, with their Pareto k."""
    rows = [
        i
        for i, site in enumerate(diagnosis.scalars.sites)
        if site in latents and diagnosis.is_judged[i]
    ][:MAX_PAIRED]
    if not rows or diagnosis.scalars.columns[:, :, 0].size < 100:  # noqa: PLR2004
        return {}
    with np.errstate(all="ignore"):
        k = tail_k(diagnosis.scalars.columns[:, :, rows])
    return {i: float(value) for i, value in zip(rows, k, strict=True) if value > MAX_TAIL}


def conflicts(
    draws: Draws, prior: Mapping[str, NDArray[np.float64]], sites: SiteTrace
) -> Iterator[Finding]:
    """Posteriors far outside of their own prior.

    Args:
        draws: Constrained draws.
        prior: Draws of the prior of sites whose prior depends on no other site, (draws, ...).
        sites: One run.
    """
    for name, before in prior.items():
        after = draws[name].mean(axis=(0, 1))
        with np.errstate(all="ignore"):
            centre, sd = np.median(before, axis=0), before.std(axis=0)
            far = np.abs(after - centre) / sd
            outside = (after < before.min(axis=0)) | (after > before.max(axis=0))
        worst = np.nanmax(np.where(outside, far, 0.0), initial=0.0)
        if worst > CONFLICT:
            yield Finding(
                "prior_data_conflict",
                "warn",
                f"The posterior mean of {name}{at_line(sites.lines.get(name))} lies {worst:.1f} "
                "prior standard deviations from the prior's median.",
                name,
            )
