"""Draws data, fit, both bands and the residuals. Runs in the worker."""

import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from jax_workbench.tools.fit_curve.bands import Bands
from jax_workbench.tools.fit_curve.curve import Floats
from jax_workbench.tools.fit_curve.fit import Fit

MOST_DRAWN = 3000
MOST_NAMED = 8
"""Data sets that the legend names and whose bands are drawn; of more one sees nothing."""
MOST_LABEL = 24
DECADES = 100.0
INK, FIT, BAND = "#24292f", "#c0392b", "#e67e22"
SET_COLOURS = ("#24292f", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#17becf")


def draw(fit: Fit, bands: list[Bands], title: str) -> bytes:
    """PNG of the fit, below 150 kB.

    `bands` has one for each data set, over the range of x; it is empty for several predictors,
    whose fit is drawn against the observations.
    """
    figure, (top, below) = plt.subplots(
        2, 1, figsize=(6.4, 5.0), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    seen = fit.observations
    drawn = chosen_rows(seen.n)
    x = seen.x[0] if bands else fit.fitted
    for number in range(max(len(seen.set_names), 1)):
        own = drawn if seen.sets is None else drawn[seen.sets[drawn] == number]
        colour = SET_COLOURS[number % len(SET_COLOURS)]
        label = set_label(fit, number)
        points(top, fit, x, own, colour, label)
        below.plot(x[own], scaled_residuals(fit)[own], ".", color=colour, markersize=4)
    for number, band in enumerate(bands):
        colour = FIT if len(bands) == 1 else SET_COLOURS[number % len(SET_COLOURS)]
        has_bands = len(bands) <= MOST_NAMED
        curve(top, band, colour, is_first=number == 0, x_range=x, has_bands=has_bands)
    if not bands:
        ends = [x.min(), x.max()]
        top.plot(ends, ends, color=FIT, label="observed = fitted")
    finish(fit, top, below, x, title, has_bands=bool(bands))
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110)
    plt.close(figure)
    return target.getvalue()


def chosen_rows(n: int) -> Floats:
    """Rows to draw, spread evenly where there are too many."""
    return np.arange(n) if n <= MOST_DRAWN else np.linspace(0, n - 1, MOST_DRAWN).astype(int)


def points(  # noqa: PLR0913, PLR0917 - what one set of points is
    axes: Axes, fit: Fit, x: Floats, own: Floats, colour: str, label: str
) -> None:
    """Observations, with error bars where sigma is known."""
    seen = fit.observations
    many = own.size > 300  # noqa: PLR2004 - then points overlap
    if seen.sigma is not None and not many:
        axes.errorbar(
            x[own],
            seen.y[own],
            seen.sigma[own],
            xerr=None if seen.x_sigma is None else seen.x_sigma[own],
            fmt="o",
            color=colour,
            markersize=3.5,
            elinewidth=0.8,
            label=label,
        )
    else:
        size = 1.5 if many else 4
        axes.plot(x[own], seen.y[own], "o", color=colour, markersize=size, label=label)
    rows = [i for i in fit.tests.outliers if i in set(own.tolist())][:50]
    if rows:
        axes.plot(x[rows], seen.y[rows], "o", mfc="none", mec=FIT, markersize=9, label="outliers")


def set_label(fit: Fit, number: int) -> str:
    """What the legend calls one data set; no more than it has room for."""
    names = fit.observations.set_names
    if not names:
        return "data"
    if number < MOST_NAMED:
        return names[number] if len(names[number]) <= MOST_LABEL else names[number][:MOST_LABEL]
    return f"and {len(names) - MOST_NAMED} more sets" if number == MOST_NAMED else "_"


def curve(  # noqa: PLR0913 - one curve and how it is drawn
    axes: Axes, band: Bands, colour: str, *, is_first: bool, x_range: Floats, has_bands: bool
) -> None:
    """One curve, with its two bands where there is room."""
    inside = (band.x >= x_range.min()) & (band.x <= x_range.max())
    x, y = band.x[inside], band.y[inside]
    width = 1.6 if has_bands else 0.8
    axes.plot(x, y, color=colour, linewidth=width, label="fit" if is_first else None, zorder=3)
    if not has_bands:
        return
    for half, alpha, name in (
        (band.prediction[inside], 0.15, "95 % prediction"),
        (band.confidence[inside], 0.4, "95 % confidence"),
    ):
        if np.isfinite(half).all():
            axes.fill_between(
                x,
                y - half,
                y + half,
                color=BAND,
                alpha=alpha,
                linewidth=0,
                label=name if is_first else None,
            )


def scaled_residuals(fit: Fit) -> Floats:
    """Observed minus fitted, in units of sigma where it is given."""
    weight = 1.0 if fit.observations.sigma is None else fit.objective.rows.weight
    return (fit.observations.y - fit.fitted) * weight


def finish(  # noqa: PLR0913 - both panels and what they show
    fit: Fit, top: Axes, below: Axes, x: Floats, title: str, *, has_bands: bool
) -> None:
    """Labels, scales, legend."""
    ask = fit.ask
    if has_bands and x.min() > 0 and x.max() > DECADES * x.min():
        below.set_xscale("log")
        y = fit.observations.y
        if y.min() > 0 and y.max() > DECADES * y.min():
            top.set_yscale("log")
    below.axhline(0, color=FIT, linewidth=1)
    x_name = ask.x_label or (str(ask.x[0]) if ask.data and ask.x else "x")
    below.set_xlabel(x_name if has_bands else "fitted y")
    top.set_ylabel(ask.y_label or "y")
    below.set_ylabel("residual" if fit.observations.sigma is None else "residual / sigma")
    top.set_title(title, fontsize=9)
    top.legend(fontsize=8, frameon=False)
    for axes in (top, below):
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
