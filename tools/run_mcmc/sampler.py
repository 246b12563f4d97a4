"""Chains in blocks: few programs, progress, and an end when time is up. Runs in the worker.

NumPyro's MCMC.run compiles its loop anew on each call and cannot be stopped. Here one program
makes any number of transitions up to a block's length, for any key and any data of one shape.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.contract import Job
from jax_workbench.tools.run_mcmc.device_mesh import (
    BY_CHAIN,
    BY_STEP_AND_CHAIN,
    ON_EACH,
    divided,
    mesh_for,
)
from jax_workbench.tools.run_mcmc.kernels import Chains, Seen, State
from jax_workbench.tools.run_mcmc.posterior import Arrays, Point
from jax_workbench.tools.run_mcmc.stored_program import compiled, digest, text_of

MAX_LENGTH = 250
"""Transitions of a block at most."""
BLOCK_MIB = 32
"""Draws of a block that stay on the device at most."""
BLOCK_S = 1.5
"""Wall seconds a block should take, so that progress is seen and time limits hold."""
FIRST_LENGTH = 5
GROWTH = 8
"""A block is at most so many times longer than the one before."""


class Budget:
    """Wall time that is left."""

    def __init__(self, seconds: float) -> None:
        """End in `seconds`."""
        self._end = time.monotonic() + seconds

    def left_s(self) -> float:
        """Seconds left, negative when over."""
        return self._end - time.monotonic()

    def narrowed(self, seconds: float) -> "Budget":
        """A budget that ends in `seconds` at the latest."""
        return Budget(min(seconds, self.left_s()))


@dataclass(frozen=True)
class Watch:
    """Time that is left, and whom to tell how far it is."""

    budget: Budget
    job: Job


@dataclass
class Draws:
    """What the transitions of one phase left, as host arrays (transitions, chains, ...)."""

    blocks: list[Seen] = field(default_factory=list[Seen])
    n: int = 0

    def add(self, block: Seen, n: int) -> None:
        """Append `n` transitions."""
        self.blocks.append(block)
        self.n += n

    def stacked(self) -> Seen:
        """Chains first: arrays (chains, transitions, ...)."""

        def joined(*parts: NDArray[Any]) -> NDArray[Any]:
            return np.swapaxes(np.concatenate(parts), 0, 1)

        return jax.tree.map(joined, *self.blocks)


class Sampler:
    """The compiled programs of one set of chains."""

    def __init__(self, chains: Chains, arrays: Arrays) -> None:
        """Nothing is compiled yet."""
        self.chains = chains
        self.arrays = arrays
        self.mesh = mesh_for(chains.n_chains, are_independent=chains.are_independent)
        self.compile_s = 0.0
        self._per_step_s: float | None = None
        self._buffers: Seen = {}
        self._start: Callable[..., State] | None = None
        self._block: Callable[..., tuple[State, Seen]] | None = None

    def start(self, key: Any, z: Point) -> State:
        """State of the chains at `z` (chains first), with keys of their own."""
        keys = jax.random.split(key, self.chains.n_chains)
        if self._start is None:
            self._compile(keys, z)
        if self._start is None:
            raise RuntimeError("not compiled")
        return self._start(keys, z, self.arrays)

    def advance(
        self,
        state: State,
        n: int,
        budget: Budget,
        told: Callable[[int, Draws], None] = lambda _n, _draws: None,
        *,
        keep: bool = True,
    ) -> tuple[State, Draws]:
        """Make `n` transitions, or as many as the budget allows; `told` hears of each block."""
        if self._block is None:
            raise RuntimeError("start the chains first")
        draws = Draws()
        length = FIRST_LENGTH if self._per_step_s is None else self._fitting()
        while draws.n < n and self._has_time(budget):
            steps = min(length, n - draws.n, self._length, self._affordable(budget))
            began = time.monotonic()
            state, block = self._block(state, self.arrays, self._buffers, np.int32(steps))
            kept = first_of(block, steps)
            self._per_step_s = (time.monotonic() - began) / steps
            draws.add(kept if keep else {}, steps)
            length = min(self._fitting(), GROWTH * max(length, 1))
            told(draws.n, draws)
        return state, draws

    def _fitting(self) -> int:
        return max(1, int(BLOCK_S / max(self._per_step_s or 0.0, 1e-9)))

    def _affordable(self, budget: Budget) -> int:
        if self._per_step_s is None:
            return MAX_LENGTH
        return max(1, int(budget.left_s() / max(self._per_step_s, 1e-9)))

    def _has_time(self, budget: Budget) -> bool:
        return budget.left_s() > (self._per_step_s or 0.0)

    def _compile(self, keys: Any, z: Point) -> None:
        began = time.monotonic()
        if self.mesh is None:
            self._start = jax.jit(self.chains.start).lower(keys, z, self.arrays).compile()
        else:
            shares = (BY_CHAIN, BY_CHAIN, ON_EACH)
            self._start = divided(self.chains.start, self.mesh, shares, BY_CHAIN)
        state = self._start(keys, z, self.arrays)
        seen = jax.eval_shape(self.chains.seen, state)
        n_bytes = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(seen))
        self._length = int(np.clip(BLOCK_MIB * 2**20 // max(n_bytes, 1), 1, MAX_LENGTH))
        self._buffers = jax.tree.map(self._buffer, seen)
        if self.mesh is None:
            self._block = compiled(
                self._transitions,
                (state, self.arrays, self._buffers, np.int32(1)),
                (state, self._buffers),
                self._key(),
            )
        else:
            shares = (BY_CHAIN, ON_EACH, BY_STEP_AND_CHAIN, ON_EACH)
            gives = (BY_CHAIN, BY_STEP_AND_CHAIN)
            self._block = divided(self._transitions, self.mesh, shares, gives)
            self._block(state, self.arrays, self._buffers, np.int32(0))
        self.compile_s = time.monotonic() - began

    def _key(self) -> str:
        """What the block's program depends on: the kernel and the density with its gradient."""
        posterior = self.chains.posterior
        if not self.chains.identity:
            return ""

        def density(z: Point, arrays: Arrays) -> Any:
            return jax.value_and_grad(posterior.potential(arrays))(z)

        return digest(self.chains.identity, text_of(density, posterior.example, self.arrays))

    def _transitions(
        self, state: State, arrays: Arrays, buffers: Seen, n: Any
    ) -> tuple[State, Seen]:
        def one(i: Any, carry: tuple[State, Seen]) -> tuple[State, Seen]:
            def put(buffer: Any, leaf: Any) -> Any:
                return buffer.at[i].set(leaf)

            now, kept = carry
            now = self.chains.step(now, arrays)
            return now, jax.tree.map(put, kept, self.chains.seen(now))

        return cast("Any", jax.lax.fori_loop(0, n, one, (state, buffers)))

    def _buffer(self, leaf: jax.ShapeDtypeStruct) -> jax.Array:
        return jnp.zeros((self._length, *leaf.shape), leaf.dtype)


def first_of(block: Seen, n: int) -> Seen:
    """The first `n` transitions of a block, on the host."""

    def cut(leaf: Any) -> NDArray[Any]:
        # Cut on the host: on the device each new length would be a program to compile. A copy,
        # since a view would keep the whole buffer alive.
        return np.asarray(leaf)[:n].copy()

    return jax.tree.map(cut, block)
