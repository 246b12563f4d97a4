"""Draws a comparison: distributions of the times, and each ratio with its interval. In a worker.

The worker runs no user code; it gets the finished result and the timed blocks.
"""

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jax_workbench.tools.benchmark_fn import (
    BenchmarkFnResult,
    Comparison,
    VariantTimes,
    WallTimes,
)
from jax_workbench.tools.benchmark_fn.messages import PICTURE, SAMPLES, PlotAsk
from jax_workbench.tools.benchmark_fn.plot_scaling import draw_sweep
from jax_workbench.tools.benchmark_fn.plot_style import (
    INK,
    SERIES,
    dead_zone,
    shorten,
    unit_of,
    verdict_colour,
)
from jax_workbench.tools.contract import Job

MOST_POINTS = 400
SPREAD_FOR_LOG = 5.0
ROW_IN = 0.62
MOST_TICKS = 6
MANY_DECADES = 2.5
"""Across more, only powers of ten are named."""
"""More labels would touch."""


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Draw one result; saves the picture and returns nothing else."""
    ask = PlotAsk.model_validate(argument)
    if ask.parameter:
        figure = draw_sweep(ask.result, ask.parameter, ask.min_effect)
    else:
        samples: dict[str, Any] = json.loads(job.blobs.get(SAMPLES, b"{}"))
        figure = draw(ask.result, samples, ask.min_effect)
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110)
    plt.close(figure)
    job.save(PICTURE, target.getvalue(), "image/png")
    return {}


def draw(result: BenchmarkFnResult, samples: Mapping[str, Any], min_effect: float) -> Figure:
    """One row a variant: its times at the left, its ratio to the baseline at the right."""
    rows = [v for v in result.variants if v.wall_us is not None or v.rejected is not None]
    n_panels = 2 if result.comparisons else 1
    figure, axes = plt.subplots(
        1,
        n_panels,
        figsize=(4.2 * n_panels + 0.6, 1.5 + ROW_IN * len(rows)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    panels: Sequence[Axes] = list(axes[0])
    draw_times(panels[0], rows, times_by_variant(samples))
    panels[0].set_yticks(range(len(rows)), [shorten(row.name) for row in rows])
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    if result.comparisons:
        draw_ratios(panels[1], rows, result.comparisons, min_effect)
    return figure


def times_by_variant(samples: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Wall microseconds of one call in each block, in time order."""
    if not samples:
        return {}
    variant = np.asarray(samples["variant"], int)
    wall = np.asarray(samples["wall_ns"], float) / 1e3
    return {
        name: wall[variant == i] / samples["calls_per_block"][i]
        for i, name in enumerate(samples["variants"])
    }


def draw_times(
    axes: Axes, rows: Sequence[VariantTimes], times: Mapping[str, np.ndarray[Any, Any]]
) -> None:
    """Blocks as points, the middle 80 % as a bar, the median with its interval."""
    medians = [row.wall_us.median for row in rows if row.wall_us]
    factor, unit = unit_of(max(medians, default=1.0))
    rng = np.random.default_rng(0)
    for i, row in enumerate(rows):
        if row.wall_us is None:
            axes.text(0.02, i, "not timed", transform=axes.get_yaxis_transform(), va="center")
            continue
        blocks = times.get(row.name, np.empty(0))
        if blocks.size > MOST_POINTS:
            blocks = blocks[np.linspace(0, blocks.size - 1, MOST_POINTS).astype(int)]
        # Beyond that lie the rare stalls, which would squeeze everything else together.
        wall = row.wall_us
        shown = blocks[blocks <= 2 * wall.q90 - wall.q10 + 0.5 * wall.median]
        colour, heights = SERIES[i % len(SERIES)], i + rng.uniform(-0.24, 0.24, shown.size)
        axes.plot(shown / factor, heights, ".", color=colour, alpha=0.25, markersize=3)
        _draw_summary(axes, i, wall, (factor, unit), colour)
    axes.set_xlabel(f"wall time of a call [{unit}]")
    axes.set_title("points: blocks; bar: middle 80 %; line: median", fontsize=8)
    if medians and max(medians) > SPREAD_FOR_LOG * min(medians):
        axes.set_xscale("log")
        ticks = round_numbers(*axes.get_xlim())
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    else:
        axes.set_xlim(left=0)
    axes.grid(axis="x", alpha=0.3)


def _draw_summary(
    axes: Axes, row: int, wall: WallTimes, scale: tuple[float, str], colour: str
) -> None:
    factor, unit = scale
    axes.plot(
        [wall.q10 / factor, wall.q90 / factor],
        [row, row],
        color=colour,
        lw=7,
        alpha=0.45,
        solid_capstyle="butt",
    )
    low, high = wall.median - wall.ci_low, wall.ci_high - wall.median
    axes.errorbar(
        wall.median / factor,
        row,
        xerr=[[low / factor], [high / factor]],
        fmt="|",
        color=INK,
        markersize=14,
        capsize=3,
    )
    axes.annotate(
        f"{wall.median / factor:.3g} {unit}",
        (wall.median / factor, row),
        (0, 15),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
    )


def draw_ratios(
    axes: Axes,
    rows: Sequence[VariantTimes],
    comparisons: Sequence[Comparison],
    min_effect: float,
) -> None:
    """Each candidate's time over the baseline's, its interval and its verdict in words."""
    found = {comparison.candidate: comparison for comparison in comparisons}
    dead_zone(axes.axvspan, min_effect)
    axes.axvline(1, color=INK, lw=0.8)
    for i, row in enumerate(rows):
        said = found.get(row.name)
        if said is None:
            word, colour, at = "baseline", INK, 1.0
            axes.plot(1, i, "D", color=INK, markersize=5)
        elif said.time_ratio is None:
            word, colour, at = f"{said.verdict}: {said.reason}", verdict_colour(said.verdict), 1.0
        else:
            colour, at = verdict_colour(said.verdict), said.time_ratio
            low, high = at - (said.ci_low or at), (said.ci_high or at) - at
            axes.errorbar(at, i, xerr=[[low], [high]], fmt="o", color=colour, capsize=4)
            word = f"{said.verdict}, {at:.3f} [{said.ci_low:.3f}, {said.ci_high:.3f}]"
        axes.annotate(
            word,
            (at, i),
            (0, 11),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=colour,
        )
    limits = [v for c in comparisons for v in (c.ci_low, c.ci_high) if v is not None]
    low, high = min([*limits, 1 / (1 + min_effect)]), max([*limits, 1 + min_effect])
    axes.set_xscale("log")
    # Room for the words, which are centred on their points.
    room = max((high / low) ** 0.6, 1.06)
    axes.set_xlim(low / room, high * room)
    ticks = nice_ratios(low / room, high * room)
    axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(f"time over {shorten(comparisons[0].baseline)}'s (left is faster)")
    axes.set_title(f"shaded: within {min_effect:.2g} of equal", fontsize=8)
    axes.grid(axis="x", alpha=0.3)


def nice_ratios(low: float, high: float) -> list[float]:
    """About five round ratios between two limits, 1 among them."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < MOST_TICKS:
            return [round(k * step, 4) for k in range(max(first, 1), last + 1)]
    exponents = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    every = math.ceil(len(exponents) / MOST_TICKS)
    return [2.0**k for k in exponents if k % every == 0]


def round_numbers(low: float, high: float) -> list[float]:
    """Up to about six of 1, 2, 5, 10, ... between two positive limits."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = math.ceil(len(decades) / MOST_TICKS)
    steps = (1, 2, 5) if math.log10(high / low) < MANY_DECADES else (1,)
    ticks = [step * 10.0**k for k in decades if k % every == 0 for step in steps]
    return [tick for tick in ticks if low <= tick <= high]
