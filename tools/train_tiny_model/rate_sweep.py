"""Mode lr_find: the loss while the learning rate grows. Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.loop import Batches
from jax_workbench.tools.train_tiny_model.plot import png_of
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.trace import Floats, Trace

LOWEST, HIGHEST = 1e-6, 3.0
N_STEPS = 200
EXPLODED = 4.0
"""Loss over its lowest at which the sweep ends."""
SMOOTH = 0.9
BELOW = 5.0
"""How far below the rate of the lowest loss to stay."""


@dataclass(frozen=True)
class Sweep:
    """Rates, smoothed losses, and what follows."""

    rates: Floats
    losses: Floats
    suggested: float | None
    steepest: float | None
    explodes_at: float | None
    program: Program
    rule: str = ""
    """How the suggestion follows."""


def sweep(problem: Problem, recipe: Recipe, seed: int, left_s: Callable[[], float]) -> Sweep:
    """Raise the rate from `LOWEST` to `HIGHEST` by equal factors, one a step."""
    steps = N_STEPS

    def schedule(step: Any) -> Any:
        return LOWEST * (HIGHEST / LOWEST) ** (jnp.asarray(step, jnp.float32) / (steps - 1))

    own = replace(recipe, steps=steps, warmup_steps=0, ema=0.0)
    program = Program(problem, own, seed, schedule=schedule)
    batches = Batches(len(problem.split.train), own.batch_size, seed)
    key = jax.random.fold_in(jax.random.key(seed), 1)
    carry, trace, step = program.fresh(seed), Trace(), 0
    while step < steps and left_s() > 0:
        n = program.chunk_length(step, steps)
        numbers = np.arange(step, step + n, dtype=np.int32)
        carry, seen = program(carry, numbers, batches.rows(step, n), key)
        trace.add(seen)
        step += n
        loss = smoothed(trace.loss)
        if trace.first_bad() is not None or loss[-1] > EXPLODED * max(loss.min(), 1e-12):
            break
    rates = program.rates(0, step)
    return judged(rates, smoothed(trace.loss), program)


def smoothed(loss: Floats) -> Floats:
    """Exponential mean of the past, without the bias of its start; nan stays nan."""
    mean, found = 0.0, np.zeros(len(loss))
    for i, value in enumerate(loss):
        mean = SMOOTH * mean + (1 - SMOOTH) * value
        found[i] = mean / (1 - SMOOTH ** (i + 1))
    return found


def judged(rates: Floats, losses: Floats, program: Program) -> Sweep:
    """Where the loss fell fastest, where it was lowest, where it exploded."""
    kept = np.isfinite(losses)
    r, v = rates[kept], losses[kept]
    if len(v) < 10 or v.min() > 0.98 * v[:5].mean():  # noqa: PLR2004 - never fell by 2 %
        return Sweep(rates, losses, None, None, None, program)
    lowest = int(v.argmin())
    # The mean trails: the slope is looked for before the lowest point only.
    slope = np.gradient(v[: lowest + 1]) if lowest > 2 else np.array([-1.0])  # noqa: PLR2004
    steepest = float(r[int(slope.argmin())])
    after = np.flatnonzero(v[lowest:] > EXPLODED / 2 * v[lowest])
    explodes = float(r[lowest + after[0]]) if len(after) else None
    safe, fast = float(r[lowest]) / BELOW, steepest * 2
    rule = (
        f"twice the rate at which the loss fell fastest ({steepest:.2g})"
        if fast < safe
        else f"a {BELOW:g}th of the rate at which the loss was lowest ({float(r[lowest]):.2g})"
    )
    suggested = float(f"{min(safe, fast):.1g}")
    return Sweep(rates, losses, suggested, steepest, explodes, program, rule)


def picture_of(found: Sweep) -> bytes:
    """Loss over learning rate, as PNG."""
    figure = plt.figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    kept = np.isfinite(found.losses)
    axes.plot(found.rates[kept], found.losses[kept], lw=1.4)
    axes.set_xscale("log")
    if kept.any():
        top = float(np.quantile(found.losses[kept], 0.9)) * 1.5
        axes.set_ylim(top=max(top, float(found.losses[kept][0]) * 1.3))
    if found.suggested is not None:
        axes.axvline(
            found.suggested, color="black", ls="--", lw=1, label=f"suggested: {found.suggested:g}"
        )
        if found.explodes_at is not None:
            text = f"exploded: {found.explodes_at:.2g}"
            axes.axvline(found.explodes_at, color="tab:red", ls=":", lw=1, label=text)
        axes.legend(loc="center left")
    axes.set(xlabel="learning rate", ylabel="training loss, smoothed", title="learning-rate sweep")
    return png_of(figure)
