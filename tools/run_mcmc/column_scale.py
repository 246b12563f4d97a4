"""Columns of data whose offset or unit will trouble a sampler. Runs in the worker."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.findings import Finding
from jax_workbench.tools.run_mcmc.posterior import Posterior
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace

MAX_OFFSET = 1e3
"""|mean| / sd of a predictor beyond which a slope and its intercept cannot be told apart."""
LARGE_OFFSET = 30
"""The same, from which on sampling is slow, though right."""
EXTREME = 1e7
"""Factor from 1 at which a column's spread is extreme."""
FEW = 3
"""Numbers a column needs to have a spread."""


def scale_of_columns(
    data: Mapping[str, Any], sites: SiteTrace, *, is_double: bool
) -> Iterator[Finding]:
    """Judge every numeric column of every array."""
    observed = [site["value"] for site in sites.observed.values()]
    for name, value in data.items():
        if not isinstance(value, np.ndarray) or cast("NDArray[Any]", value).dtype.kind == "b":
            continue
        array = cast("NDArray[Any]", value)
        is_observed = any(same(array, other) for other in observed)
        columns: list[NDArray[Any]] = list(array.reshape(len(array), -1).T) if array.ndim else []
        for number, column in enumerate(columns):
            label = name if array.ndim == 1 else f"{name}[:, {number}]"
            if len(column) >= FEW and np.isfinite(column).all():
                yield from judged(label, column, is_observed=is_observed, is_double=is_double)


def still_offset(findings: list[Finding], posterior: Posterior) -> list[Finding]:
    """`findings` without the predictors that the model centres itself.

    Seen by shifting the whole array: the density of such a model does not change.
    """
    kept: list[Finding] = []
    for finding in findings:
        array = (finding.site or "").partition("[")[0]
        is_offset = finding.code == "predictor_scale" and array in posterior.arrays
        if not is_offset or not is_centred(array, posterior):
            kept.append(finding)
    return kept


def is_centred(name: str, posterior: Posterior) -> bool:
    """Whether the log density stays the same when all of an array is shifted."""
    array = np.asarray(posterior.arrays[name], np.float64)
    # By its own offset: less would vanish in the rounding of a density that is huge here.
    shift = np.abs(array.mean(axis=0, keepdims=True)) + array.std(axis=0, keepdims=True)
    shifted = {**posterior.arrays, name: jnp.asarray(array + shift)}
    before = float(posterior.potential(posterior.arrays)(posterior.example))
    after = float(posterior.potential(shifted)(posterior.example))
    return bool(np.isclose(before, after, rtol=1e-6))


def same(array: NDArray[Any], other: Any) -> bool:
    """Whether `other` is `array`, perhaps as a JAX array or rounded."""
    return np.shape(other) == array.shape and bool(np.allclose(array, np.asarray(other)))


def judged(
    label: str, column: NDArray[Any], *, is_observed: bool, is_double: bool
) -> Iterator[Finding]:
    """Offset and unit of one column."""
    values = column.astype(np.float64)
    mean, sd = float(values.mean()), float(values.std())
    if sd == 0:
        return
    ratio = abs(mean) / sd
    shown = f"{label} has mean {mean:.6g} and standard deviation {sd:.3g} (ratio {ratio:.3g})"
    if not is_double and collapses(values):
        yield Finding(
            "float32",
            "warn",
            f"{shown}: in float32 its {len(np.unique(values))} distinct numbers become "
            f"{len(np.unique(values.astype(np.float32)))}.",
            label,
        )
    if not is_observed and ratio > MAX_OFFSET:
        yield Finding("predictor_scale", "warn", f"{shown}.", label)
    elif not is_observed and ratio > LARGE_OFFSET:
        yield Finding("predictor_scale", "note", f"{shown}: sampling is right but slow.", label)
    if not 1 / EXTREME < sd < EXTREME:
        yield Finding("extreme_scale", "note", f"{shown}; priors near 1 do not fit it.", label)


def collapses(values: NDArray[np.float64]) -> bool:
    """Whether float32 tells markedly fewer numbers apart than are there."""
    n_distinct = len(np.unique(values))
    return len(np.unique(values.astype(np.float32))) < 0.9 * n_distinct
