"""Mode check: can it fit one batch, and do the inputs matter? Runs in the worker."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model import Check
from jax_workbench.tools.train_tiny_model.loop import Batches, Trained
from jax_workbench.tools.train_tiny_model.session import Session

N_STEPS = 200
FITTED = 0.3
"""Share of the first loss that must be left at most."""
SAME = 0.95
"""Loss with inputs over loss without, from which the inputs do not matter."""
NOISY = frozenset(("diffusion", "pinn"))
"""Presets whose loss on one batch is no memory of it."""


@dataclass(frozen=True)
class Tried:
    """Losses of the three short runs, and the run on real rows for the detectors."""

    checks: list[Check]
    real: Trained


def try_one_batch(session: Session, seed: int, left_s: Callable[[], float]) -> Tried:
    """Train shortly on one batch, on all rows, and on all rows with their inputs zeroed."""
    program = session.program
    n = min(N_STEPS, session.recipe.steps)
    batches = Batches(len(session.problem.split.train), session.recipe.batch_size, seed)
    real = short_run(session, seed, n, batches, left_s)
    checks: list[Check] = []
    if session.problem.name in NOISY:
        return Tried(checks, real)
    one = short_run(session, seed, n, batches, left_s, is_one_batch=True)
    first, last = ends(one)
    checks.append(
        Check(
            code="one_batch",
            ok=bool(last < FITTED * first or last < 1e-3),  # noqa: PLR2004 - nothing left
            text=f"On one batch the loss went from {first:.4g} to {last:.4g} in {one.step} steps.",
        )
    )
    rows = program.rows
    try:
        program.rows = (jnp.zeros_like(rows[0]), rows[1])
        blind = short_run(session, seed, n, batches, left_s)
    finally:
        program.rows = rows
    with_inputs, without = ends(real)[1], ends(blind)[1]
    checks.append(
        Check(
            code="inputs_matter",
            ok=bool(with_inputs < SAME * without or with_inputs < 1e-3),  # noqa: PLR2004
            text=f"After {real.step} steps the training loss is {with_inputs:.4g}, with all inputs "
            f"zero {without:.4g}.",
        )
    )
    return Tried(checks, real)


def short_run(  # noqa: PLR0913 - each is one fact of the run
    session: Session,
    seed: int,
    n_steps: int,
    batches: Batches,
    left_s: Callable[[], float],
    *,
    is_one_batch: bool = False,
) -> Trained:
    """Train `n_steps` from the start, or until time is up, without looking at validation."""
    program = session.program
    state = Trained(program.fresh(seed), seed=seed)
    key = jax.random.fold_in(jax.random.key(seed), 1)
    while state.step < n_steps and left_s() > 0:
        n = program.chunk_length(state.step, session.recipe.steps)
        numbers = np.arange(state.step, state.step + n, dtype=np.int32)
        index = batches.rows(state.step, n)
        if is_one_batch:
            index = np.repeat(batches.rows(0, 1), n, axis=0)
        state.carry, seen = program(state.carry, numbers, index, key)
        state.trace.add(seen)
        state.step += n
        if state.trace.first_bad() is not None:
            break
    return state


def ends(state: Trained) -> tuple[float, float]:
    """Mean loss of the first step and of the last twentieth."""
    loss = state.trace.loss
    if not len(loss):
        return float("nan"), float("nan")
    return float(loss[0]), float(loss[-max(1, len(loss) // 20) :].mean())
