"""Trains: chunks of steps, looks at validation between them, keeps the best. Runs in the worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.train_tiny_model.chunk import Carry, copied
from jax_workbench.tools.train_tiny_model.compiled import CHUNK_S, Program
from jax_workbench.tools.train_tiny_model.evaluation import Evaluator
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.trace import Trace

N_EVALUATIONS = 40
ENOUGH_LOSS = 1e-3
N_PERFECT = 3
"""Evaluations in a row below ENOUGH_LOSS after which training stops."""
MIN_BETTER = 1e-4
"""Relative fall of the validation loss that counts."""
SAY_EVERY_S = 1.0

type Stopped = Literal["steps", "early", "budget", "nonfinite"]


@dataclass
class Best:
    """Weights with the lowest validation loss so far."""

    step: int
    loss: float
    params: Any
    rest: Any


@dataclass
class Trained:
    """Where training stands, and what it saw."""

    carry: Carry
    step: int = 0
    best: Best | None = None
    trace: Trace = field(default_factory=Trace)
    stopped: Stopped = "steps"
    run_s: float = 0.0
    seed: int = 0
    bad: tuple[Carry, int] | None = None
    """Last state before a chunk that went wrong, and the step that did."""


class Batches:
    """Which rows each step sees: a permutation an epoch, the same however the steps are cut."""

    def __init__(self, n_rows: int, size: int, seed: int) -> None:
        """Batches never span two epochs; rows that do not fill one wait for the next."""
        self.n_rows, self.size, self.seed = n_rows, min(size, n_rows), seed
        self.per_epoch = max(1, n_rows // self.size)
        self._epoch, self._order = -1, np.zeros(0, int)

    def rows(self, first: int, n: int) -> NDArray[np.int32]:
        """Rows of steps `first` to `first + n - 1`, shape (n, size)."""
        return np.stack([self._rows(step) for step in range(first, first + n)])

    def _rows(self, step: int) -> NDArray[np.int32]:
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, epoch])
            self._epoch, self._order = epoch, rng.permutation(self.n_rows)
        return self._order[place * self.size : (place + 1) * self.size].astype(np.int32)


class Training:
    """One run of a compiled program."""

    def __init__(  # noqa: PLR0913 - each is one fact of the run
        self,
        problem: Problem,
        recipe: Recipe,
        program: Program,
        evaluator: Evaluator,
        *,
        seed: int,
        left_s: Callable[[], float],
        say: Callable[[str], None],
        stops_early: bool = True,
        keep: Callable[[Trained], None] | None = None,
    ) -> None:
        """`left_s` gives the seconds that training may still take; `keep` sees each good state."""
        self.problem, self.recipe, self.program = problem, recipe, program
        self.evaluator = evaluator
        self.batches = Batches(len(problem.split.train), recipe.batch_size, seed)
        self.key = jax.random.fold_in(jax.random.key(seed), 1)
        self.left_s, self.say, self.stops_early, self.keep = left_s, say, stops_early, keep
        self._said_at = 0.0
        self._step_s: float | None = None

    def run(self, state: Trained) -> Trained:
        """Train on from `state`, to the recipe's last step or a reason to stop."""
        began = time.monotonic()
        state.trace.first_step = state.step
        every = max(1, self.recipe.steps // N_EVALUATIONS)
        if state.best is None:
            self._evaluate(state)
        # After the last look, not from here: a resumed run looks where an uninterrupted one does.
        next_look = state.trace.evaluations[-1][0] + every
        while state.step < self.recipe.steps:
            if self.left_s() <= 0:
                state.stopped = "budget"
                break
            before = copied(state.carry)
            n = self._advance(state, self._length(state.step, next_look))
            bad = state.trace.first_bad()
            if bad is not None:
                state.stopped = "nonfinite"
                state.bad = (before, state.trace.first_step + bad)
                break
            state.step += n
            if state.step >= next_look or state.step >= self.recipe.steps:
                next_look = state.step + every
                self._evaluate(state)
                if self.stops_early and self._is_done(state):
                    state.stopped = "early"
                    break
            self._tell(state, began)
            if self.keep is not None:
                self.keep(state)
        state.run_s += time.monotonic() - began
        return state

    def _length(self, step: int, next_look: int) -> int:
        """Steps of the next chunk.

        Without a compiled loop any number will do: so many that the clock is looked at, and the
        state left for one who cancels, every half second however slow a step is.
        """
        if self.program.is_looped:
            return self.program.chunk_length(step, self.recipe.steps)
        by_time = int(CHUNK_S / self._step_s) if self._step_s else 1
        return max(1, min(by_time, next_look - step, self.recipe.steps - step))

    def _advance(self, state: Trained, n: int) -> int:
        """One chunk of `n` steps."""
        began = time.monotonic()
        numbers = np.arange(state.step, state.step + n, dtype=np.int32)
        index = self.batches.rows(state.step, n)
        state.carry, seen = self.program(state.carry, numbers, index, self.key)
        state.trace.add(seen)
        self._step_s = (time.monotonic() - began) / n
        return n

    def _evaluate(self, state: Trained) -> None:
        """Look at validation; keep the weights if they are the best."""
        params = state.carry.average if self.recipe.ema > 0 else state.carry.params
        loss = self.evaluator.loss(params, state.carry.rest, self.problem.split.validation)
        state.trace.evaluations.append((state.step, loss))
        best = state.best
        if best is None or not loss >= best.loss * (1 - MIN_BETTER * np.sign(best.loss)):
            kept = copied((params, state.carry.rest))
            state.best = Best(state.step, loss, *kept)

    def _is_done(self, state: Trained) -> bool:
        """Whether more steps would be for nothing."""
        best = state.best
        patience = self.recipe.patience * self.recipe.steps
        if best is not None and state.step - best.step >= max(patience, 1):
            return True
        last = [loss for _, loss in state.trace.evaluations[-N_PERFECT:]]
        is_perfect = len(last) == N_PERFECT and 0 <= max(last) < ENOUGH_LOSS
        return is_perfect and self.problem.is_logits

    def _tell(self, state: Trained, began: float) -> None:
        """Say how far it is and how long it will take."""
        now = time.monotonic()
        if now - self._said_at < SAY_EVERY_S:
            return
        self._said_at = now
        done = state.step - state.trace.first_step
        left = (self.recipe.steps - state.step) * (now - began) / max(done, 1)
        loss = state.trace.loss
        self.say(
            f"step {state.step} of {self.recipe.steps}, loss {loss[-1]:.4g}, "
            f"validation {state.trace.evaluations[-1][1]:.4g}, about {left:.0f} s left"
        )
