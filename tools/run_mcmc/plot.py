"""The answer as pictures: traces and ranks, the worst pair, a forest, replicated data.

Runs in the worker.
"""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from jax_workbench.tools.run_mcmc.diagnostics import Diagnosis
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.scalars import ranked

MAX_BYTES = 150_000
DPI = (85, 70, 55)
N_CHAINS = 8
"""Chains that are drawn."""
N_POINTS = 1500
N_FOREST = 20
N_RANK_BINS = 20
N_SETS = 40
LONGEST_NAME = 14
"""Characters of a name beside an axis."""
DIVERGENT = "#d62728"


def diagnostics_picture(sampled: Sampled, status: str) -> bytes:
    """Trace and ranks of the worst scalar, the worst pair, and a forest, as PNG."""
    figure = plt.figure(figsize=(9, 6.5))
    figure.subplots_adjust(0.09, 0.08, 0.98, 0.9, 0.28, 0.36)
    axes: Any = figure.subplots(2, 2)
    order = worst_order(sampled.diagnosis)
    if len(order):
        draw_trace(axes[0, 0], sampled, order[0])
        draw_ranks(axes[0, 1], sampled, order[0])
        draw_pair(axes[1, 0], sampled, order)
        draw_forest(axes[1, 1], sampled.diagnosis)
    doubt = "" if status == "ok" else " (unreliable: see the reasons)"
    figure.suptitle(f"run_mcmc: {status}{doubt}")
    return png_of(figure)


def worst_order(diagnosis: Diagnosis) -> list[int]:
    """Judged scalars, worst R-hat first, then smallest effective sample size."""
    badness = np.where(np.isfinite(diagnosis.rhat), diagnosis.rhat, 0.0)
    least = np.nan_to_num(np.fmin(diagnosis.ess_bulk, diagnosis.ess_tail))
    rows = np.lexsort((least, -badness))
    return [int(i) for i in rows if diagnosis.is_judged[i]]


def draw_trace(axes: Axes, sampled: Sampled, i: int) -> None:
    """Draws of one scalar by chain."""
    columns = sampled.diagnosis.scalars.columns[:N_CHAINS, :, i]
    step = max(1, columns.shape[1] // 500)
    for chain, column in enumerate(columns):
        axes.plot(
            np.arange(0, len(column), step),
            column[::step],
            lw=0.5,
            alpha=0.8,
            label=f"chain {chain}",
        )
    name = short(sampled.diagnosis.scalars.names[i])
    axes.set(title="Trace of the worst scalar", xlabel="draw", ylabel=name)
    axes.legend(fontsize=6, ncols=4, loc="upper right")


def draw_ranks(axes: Axes, sampled: Sampled, i: int) -> None:
    """How each chain's draws rank among all: flat where chains agree."""
    columns = sampled.diagnosis.scalars.columns[:, :, i]
    ranks = ranked(columns.reshape(-1, 1)).reshape(columns.shape)
    edges = np.linspace(0, columns.size, N_RANK_BINS + 1)
    for chain, row in enumerate(ranks[:N_CHAINS]):
        place = np.searchsorted(edges, np.asarray(row)) - 1
        counts = np.bincount(place, minlength=N_RANK_BINS)
        axes.stairs(counts, edges, label=f"chain {chain}")
    axes.axhline(columns.shape[1] / N_RANK_BINS, color="black", lw=0.8, ls="--")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.set(title="Ranks of the worst scalar (flat is good)", xlabel="rank", ylabel="draws")


def short(name: str) -> str:
    """A name that fits beside an axis: its index stays."""
    return name if len(name) <= LONGEST_NAME else f"...{name[3 - LONGEST_NAME :]}"


def draw_pair(axes: Axes, sampled: Sampled, order: list[int]) -> None:
    """The most correlated pair that holds the worst scalar; divergent draws on top."""
    names, columns = sampled.diagnosis.scalars.names, sampled.diagnosis.scalars.columns
    if len(order) < 2:  # noqa: PLR2004 - a pair
        axes.set_visible(False)
        return
    flat = columns[:, :, order].reshape(-1, len(order))
    ranks = ranked(flat[:: max(1, len(flat) // N_POINTS)])
    correlation = np.atleast_2d(np.corrcoef(ranks.T))[0, 1:]
    first, second = order[0], order[1 + int(np.nanargmax(np.abs(np.nan_to_num(correlation))))]
    step = max(1, len(flat) // N_POINTS)
    x, y = (columns[:, :, k].ravel() for k in (first, second))
    axes.plot(x[::step], y[::step], ".", ms=2, alpha=0.4, color="tab:blue")
    geometry = sampled.geometry
    if geometry is not None and geometry.n_divergences:
        where = geometry.diverging.ravel()
        axes.plot(x[where], y[where], ".", ms=5, color=DIVERGENT, label="diverged")
        axes.legend(fontsize=7)
    axes.set(
        title="Worst scalar and its closest",
        xlabel=short(names[first]),
        ylabel=short(names[second]),
    )


def draw_forest(axes: Axes, diagnosis: Diagnosis) -> None:
    """Median, middle 50 and 90 % of the first scalars, in standard units if they differ."""
    rows = [i for i in range(len(diagnosis.scalars.names)) if diagnosis.is_judged[i]][:N_FOREST]
    columns = diagnosis.scalars.columns[:, :, rows].reshape(-1, len(rows))
    q = np.quantile(columns, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    widths = q[4] - q[0]
    is_mixed = widths.max() > 30 * max(widths.min(), 1e-300)
    if is_mixed:
        q = (q - q[2]) / np.where(widths > 0, widths, 1)
    at = np.arange(len(rows))[::-1]
    axes.hlines(at, q[0], q[4], lw=1)
    axes.hlines(at, q[1], q[3], lw=3)
    axes.plot(q[2], at, "o", ms=3, color="black")
    axes.set_yticks(at, [short(diagnosis.scalars.names[i]) for i in rows], fontsize=7)
    label = "(value - median) / 90 % width" if is_mixed else "value: median, 50 %, 90 %"
    axes.set(title="Forest", xlabel=label)


def predictive_picture(
    replicates: Mapping[str, NDArray[Any]], observed: Mapping[str, NDArray[Any]], title: str
) -> bytes:
    """Distribution of the data over those of replicated data sets, as PNG."""
    names = list(observed)
    figure = plt.figure(figsize=(5 * len(names), 3.6), layout="constrained")
    panels: Any = figure.subplots(1, len(names), squeeze=False)
    for axes, name in zip(panels[0], names, strict=True):
        data = np.asarray(observed[name], np.float64).ravel()
        sets = np.asarray(replicates[name], np.float64)[:N_SETS]
        rows = sets.reshape(len(sets), -1)
        for row in rows:
            axes.ecdf(row, color="tab:blue", alpha=0.15)
        axes.ecdf(data, color="black", lw=1.5, label="data")
        axes.set_xlim(*padded(np.quantile(np.append(rows, data), (0.005, 0.995)), data))
        axes.set(title=name, xlabel="value", ylabel="share at most so large")
        axes.legend(fontsize=7)
    figure.suptitle(title)
    return png_of(figure)


def padded(middle: NDArray[np.float64], data: NDArray[np.float64]) -> tuple[float, float]:
    """Limits that show the data and nearly all replicates."""
    low, high = min(middle[0], data.min()), max(middle[1], data.max())
    margin = 0.02 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def png_of(figure: Figure) -> bytes:
    """`figure` as PNG of at most `MAX_BYTES`, coarser where needed."""
    content = b""
    for dpi in DPI:
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=dpi)
        content = stream.getvalue()
        if len(content) <= MAX_BYTES:
            break
    plt.close(figure)
    return content
