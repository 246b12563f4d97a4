"""Draws a sweep: time over size on logarithmic axes, and each ratio over size. In a worker."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jax_workbench.tools.benchmark_fn import BenchmarkFnResult, Comparison, Scaling, VariantTimes
from jax_workbench.tools.benchmark_fn.plot_style import (
    INK,
    SERIES,
    dead_zone,
    shorten,
    unit_of,
    verdict_colour,
)


def draw_sweep(result: BenchmarkFnResult, parameter: str, min_effect: float) -> Figure:
    """Times with their middle 80 % and fitted powers; at the right the ratios, if there are any."""
    n_panels = 2 if result.comparisons else 1
    figure, axes = plt.subplots(
        1, n_panels, figsize=(4.6 * n_panels + 0.4, 3.8), squeeze=False, layout="constrained"
    )
    names = list(dict.fromkeys(variant.name for variant in result.variants))
    draw_times(axes[0][0], result, names, parameter)
    if result.comparisons:
        draw_ratios(axes[0][1], result.comparisons, names, parameter, min_effect)
    return figure


def draw_times(axes: Axes, result: BenchmarkFnResult, names: Sequence[str], parameter: str) -> None:
    """Median time of each variant at each size, and the dispatch floor."""
    timed = [v for v in result.variants if v.wall_us is not None and v.size is not None]
    factor, unit = unit_of(max((v.wall_us.median for v in timed if v.wall_us), default=1.0))
    fitted = {scaling.variant: scaling for scaling in result.scaling}
    for i, name in enumerate(names):
        mine = [v for v in timed if v.name == name]
        draw_variant(axes, mine, factor, SERIES[i % len(SERIES)], label(name, fitted.get(name)))
    floors = [v.dispatch_floor_us for v in timed if v.dispatch_floor_us]
    if floors:
        axes.axhline(max(floors) / factor, color=INK, ls=":", lw=1, label="empty call")
    axes.set_xscale("log")
    axes.set_yscale("log")
    set_sizes(axes, sorted({v.size for v in timed if v.size is not None}))
    axes.set_xlabel(parameter)
    axes.set_ylabel(f"wall time of a call [{unit}]")
    axes.set_title("median and middle 80 %", fontsize=8)
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3, which="both")


def label(name: str, fitted: Scaling | None) -> str:
    """Name and exponent of a variant."""
    if fitted is None:
        return shorten(name)
    interval = f"[{fitted.ci_low:.2f}, {fitted.ci_high:.2f}]"
    return f"{shorten(name)}: ~{fitted.parameter}^{fitted.exponent:.2f} {interval}"


def draw_variant(
    axes: Axes, mine: Sequence[VariantTimes], factor: float, colour: str, text: str
) -> None:
    """One variant's line."""
    sizes = [float(v.size or 0) for v in mine]
    walls = [v.wall_us for v in mine if v.wall_us]
    medians = [wall.median / factor for wall in walls]
    low = [(wall.median - wall.q10) / factor for wall in walls]
    high = [(wall.q90 - wall.median) / factor for wall in walls]
    axes.errorbar(
        sizes, medians, yerr=[low, high], fmt="o-", color=colour, capsize=3, ms=4, label=text
    )


def draw_ratios(
    axes: Axes,
    comparisons: Sequence[Comparison],
    names: Sequence[str],
    parameter: str,
    min_effect: float,
) -> None:
    """Each candidate's ratio at each size; the markers have the colour of the verdict."""
    dead_zone(axes.axhspan, min_effect)
    axes.axhline(1, color=INK, lw=0.8)
    for i, name in enumerate(names):
        mine = [c for c in comparisons if c.candidate == name and c.time_ratio is not None]
        line = SERIES[i % len(SERIES)]
        sizes = [float(c.size or 0) for c in mine]
        if mine:
            ratios = [c.time_ratio or 1 for c in mine]
            axes.plot(sizes, ratios, "-", color=line, label=shorten(name))
        for size, c in zip(sizes, mine, strict=True):
            at = c.time_ratio or 1.0
            span = [[at - (c.ci_low or at)], [(c.ci_high or at) - at]]
            axes.errorbar(size, at, yerr=span, fmt="o", color=verdict_colour(c.verdict), capsize=3)
    axes.set_xscale("log")
    set_sizes(axes, sorted({c.size for c in comparisons if c.size is not None}))
    axes.set_xlabel(parameter)
    axes.set_ylabel(f"time over {shorten(comparisons[0].baseline)}'s (below 1 is faster)")
    axes.set_title("green: faster, red: slower, grey: same, brown: not told apart", fontsize=8)
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(fontsize=8)
    axes.grid(alpha=0.3)


def set_sizes(axes: Axes, sizes: Sequence[int]) -> None:
    """Label the sizes that were measured, and no others."""
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.minorticks_off()
