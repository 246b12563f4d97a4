"""The learning curve as a picture. Runs in the worker."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from jax_workbench.tools.train_tiny_model import Finding
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.trace import Floats

MAX_BYTES = 150_000
DPI = (110, 80, 60)
N_POINTS = 800
SMOOTH = 25
MARK = "#d62728"


def curve_picture(
    trained: Trained,
    rates: Floats,
    findings: Sequence[Finding],
    *,
    title: str,
    expected: float | None,
) -> bytes:
    """Training and validation loss, learning rate, and marks for what happened, as PNG."""
    figure = plt.figure(figsize=(8, 5.4), layout="constrained")
    axes: Any = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [4, 1.3, 1.3], "hspace": 0.05}
    )
    trace = trained.trace
    loss = trace.loss
    steps = trace.first_step + 1 + np.arange(len(loss))
    step = max(1, len(loss) // N_POINTS)
    draw_losses(axes[0], steps, loss, trace.evaluations, step)
    if expected is not None and expected > 0:
        axes[0].axhline(expected, color="grey", lw=0.8, ls=":", label="expected at the start")
    draw_marks(axes[0], trained, findings)
    figure.legend(fontsize=7, loc="outside upper right", ncols=4)
    axes[0].set_title(title, fontsize=10, loc="left")
    axes[1].plot(steps[::step], rates[::step], color="tab:green", lw=1)
    axes[1].set_ylabel("learning\nrate", fontsize=8)
    axes[1].set_ylim(bottom=0)
    ratio = trace.update_ratio
    shown = np.where(np.isfinite(ratio) & (ratio > 0), ratio, np.nan)
    if np.isfinite(shown).any():
        axes[2].plot(steps[::step], shown[::step], color="tab:purple", lw=0.7)
        axes[2].set_yscale("log")
    axes[2].set_ylabel("update /\nweights", fontsize=8)
    axes[2].set_xlabel("step")
    return png_of(figure)


def draw_losses(
    axes: Any, steps: Any, loss: Floats, evaluations: Sequence[tuple[int, float]], step: int
) -> None:
    """Both losses; on a logarithmic scale where that can be."""
    finite = np.where(np.isfinite(loss), loss, np.nan)
    axes.plot(steps[::step], finite[::step], color="tab:blue", lw=0.5, alpha=0.35)
    width = max(1, min(SMOOTH, len(loss) // 10))
    if len(loss) >= width > 1:
        smooth = np.convolve(loss, np.ones(width) / width, "valid")
        middle = steps[(width - 1) // 2 :][: len(smooth)]
        axes.plot(middle, smooth, color="tab:blue", lw=1.3, label="training")
    looks = [(s, v) for s, v in evaluations if np.isfinite(v)]
    if looks:
        at, values = zip(*looks, strict=True)
        axes.plot(at, values, "o-", color="tab:orange", ms=2.5, lw=1.2, label="validation")
    every = [*finite[np.isfinite(finite)], *(v for _, v in looks)]
    if every and min(every) > 0 and max(every) > 5 * min(every):
        axes.set_yscale("log")
    axes.set_ylabel("loss")


def draw_marks(axes: Any, trained: Trained, findings: Sequence[Finding]) -> None:
    """A line at the best step and at each finding that has a step."""
    if trained.best is not None:
        axes.axvline(trained.best.step, color="black", lw=0.8, ls="--", label="best validation")
    marked = [f for f in findings if f.step is not None]
    for place, finding in enumerate(marked[:4]):
        axes.axvline(finding.step, color=MARK, lw=0.9, alpha=0.8)
        # Beside its line, towards the middle, below the curves where two are at one step.
        is_late = finding.step is not None and 2 * finding.step > trained.step
        axes.annotate(
            finding.code,
            (finding.step, 0.5 - 0.12 * place),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if is_late else 4, 0),
            textcoords="offset points",
            ha="right" if is_late else "left",
            fontsize=7,
            color=MARK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )


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
