"""A problem's training step, compiled: in a scan, or step by step where a loop is a trap.

Runs in the worker.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import jax
import numpy as np

from jax_workbench.tools.train_tiny_model.chunk import (
    Carry,
    Step,
    copied,
    looped,
    one_by_one,
    start,
)
from jax_workbench.tools.train_tiny_model.jaxpr_walk import has_convolution
from jax_workbench.tools.train_tiny_model.optimizers import Schedule, schedule_of, transform_of
from jax_workbench.tools.train_tiny_model.own_step import optimizer_state, own_chunk
from jax_workbench.tools.train_tiny_model.problem import Problem, Recipe
from jax_workbench.tools.train_tiny_model.untyped import jit, nnx
from jax_workbench.tools.train_tiny_model.untyped import tree as trees

CHUNK_S = 0.5
FLOPS_PER_S = 4e9
"""A cautious guess, only to choose a chunk's length."""
MAX_CHUNK = 50
N_CHUNKS = 40
SLACK_BYTES = 50 * 2**20
"""What a small program takes beyond its prediction."""


class Program:
    """The training loop of one problem and recipe; the same for every seed."""

    def __init__(
        self,
        problem: Problem,
        recipe: Recipe,
        seed: int,
        *,
        schedule: Schedule | None = None,
        chunk_length: int = 0,
    ) -> None:
        """Traces the step; nothing is compiled or allocated for it yet.

        `chunk_length` is for tests: how the steps are cut must not change what they do.
        """
        self.problem, self.recipe, self.seed = problem, recipe, seed
        self.schedule = schedule or schedule_of(recipe)
        self.transform = (
            problem.own_optimizer() if problem.own_optimizer else transform_of(recipe, schedule)
        )
        self.is_own = problem.own_step is not None
        self.graphdef, self.first = self._start(seed)
        self.step = Step(self.graphdef, self.transform, problem.loss, problem.augment, recipe)
        train = problem.split.train
        self.rows = (jax.device_put(train.x), jax.device_put(train.y))
        self.compile_s = 0.0
        self.flops_per_step: float | None = None
        self.predicted_bytes: int | None = None
        self.is_looped = False
        self._compiled: dict[int, Callable[..., Any]] = {}
        if not self.is_own:
            # Of the whole batch, also where it is taken in parts: its flops are the same, and are
            # not hidden in a loop.
            whole = replace(self.step, recipe=replace(recipe, batch_parts=1))
            self._traced = jax.jit(whole, donate_argnums=0).trace(*self._arguments(0))
            self.jaxpr: Any = self._traced.jaxpr.jaxpr
            on_cpu = jax.default_backend() == "cpu"
            self.is_looped = not (on_cpu and has_convolution(self.jaxpr))
            self.step = replace(self.step, is_unrolled=not self.is_looped)
        self.length = chunk_length or self._length()

    def fresh(self, seed: int) -> Carry:
        """State of step 0 for a seed, in buffers that training may use up."""
        return copied(self.first) if seed == self.seed else self._start(seed)[1]

    def rates(self, first: int, n: int) -> Any:
        """Learning rate of `n` steps from `first`, shape (n,)."""
        every = np.arange(first, first + n) // self.recipe.accumulate
        return np.asarray(jit(jax.vmap(self.schedule))(every), np.float64)

    def model(self) -> Any:
        """The untrained model."""
        return nnx.merge(self.graphdef, self.first.params, self.first.rest, copy=True)

    def _start(self, seed: int) -> tuple[Any, Carry]:
        graphdef, carry = start(self.problem, self.recipe, self.transform, seed)
        if not self.is_own:
            return graphdef, carry
        _, state = optimizer_state(carry.params, graphdef, carry.rest, self.transform)
        return graphdef, carry._replace(opt_state=state)

    def _arguments(self, n: int) -> tuple[Any, ...]:
        """Abstract arguments of a chunk of `n` steps, or of one step where `n` is 0."""
        size = min(self.recipe.batch_size, len(self.problem.split.train))
        lead = (n,) if n else ()
        number = jax.ShapeDtypeStruct(lead, np.int32)
        index = jax.ShapeDtypeStruct((*lead, size), np.int32)
        return abstract(self.first), number, index, abstract(self.rows), jax.random.key(0)

    def _length(self) -> int:
        """Steps of a chunk: about half a second, and enough chunks for a curve."""
        if self.is_own:
            return max(1, min(self.recipe.steps // N_CHUNKS, MAX_CHUNK))
        cost: Any = self._traced.lower().cost_analysis()
        found: dict[str, Any] = cast("dict[str, Any]", cost) if isinstance(cost, dict) else {}
        flops = float(found.get("flops", 0.0))
        self.flops_per_step = flops if flops > 0 else None
        by_time = int(CHUNK_S * FLOPS_PER_S / flops) if flops > 0 else MAX_CHUNK
        wanted = max(1, min(by_time, self.recipe.steps // N_CHUNKS, MAX_CHUNK))
        # A length that divides the run needs no second program for its end.
        divisors = [k for k in range(1, wanted + 1) if self.recipe.steps % k == 0]
        return divisors[-1] if divisors and 3 * divisors[-1] >= wanted else wanted

    def chunk_length(self, step: int, steps: int) -> int:
        """Steps of the chunk that begins at `step`."""
        return min(self.length, steps - step)

    def __call__(self, carry: Carry, numbers: Any, index: Any, key: Any) -> tuple[Carry, Any]:
        """Run one chunk; `carry` is used up."""
        n = len(numbers)
        if n not in self._compiled:
            self._compiled[n] = self._program(n)
        return self._compiled[n](carry, numbers, index, self.rows, key)

    def _program(self, n: int) -> Callable[..., Any]:
        if self.is_own:
            return own_chunk(self.problem, self.graphdef, self.transform)
        if not self.is_looped:
            known = next(iter(self._compiled.values()), None)
            return known or one_by_one(self._built(jax.jit(self.step, donate_argnums=0), 0))
        return self._built(jax.jit(looped(self.step), donate_argnums=0), n)

    def _built(self, function: Any, n: int) -> Callable[..., Any]:
        """Compile ahead of time, noting how long that took and what the program needs."""
        began = time.monotonic()
        compiled = function.lower(*self._arguments(n)).compile()
        self.compile_s += time.monotonic() - began
        self.predicted_bytes = max(self.predicted_bytes or 0, needed(compiled))
        return compiled

    def prepare(self) -> None:
        """Compile the chunk that the run will use."""
        n = self.chunk_length(0, self.recipe.steps)
        if n not in self._compiled:
            self._compiled[n] = self._program(n)

    def leaf_names(self) -> list[str]:
        """Path of each weight array, in the order of the gradients' norms."""
        return [path_of(path) for path, _ in nnx.to_flat_state(self.first.params)]


def needed(compiled: Any) -> int:
    """Bytes that a compiled program takes while it runs, inputs and outputs included."""
    memory = compiled.memory_analysis()
    return int(
        memory.temp_size_in_bytes
        + memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        - memory.alias_size_in_bytes
    )


def abstract(tree: Any) -> Any:
    """Shapes and types of `tree`, and nothing of its contents."""

    def shape_of(leaf: Any) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)

    return trees.map(shape_of, tree)


def path_of(path: Any) -> str:
    """A weight's place in its model, joined by dots."""
    return ".".join(str(part) for part in path)
