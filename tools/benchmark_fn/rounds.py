"""The timing loop: interleaved blocks of synchronised calls, by two clocks. Runs in the timer."""

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jax
import numpy as np

# Taken before anything else can run in this process; nothing here looks them up again.
CLOCK, CPU_CLOCK = time.perf_counter_ns, time.process_time_ns
SYNC: Callable[[Any], Any] = cast("Any", jax.block_until_ready)

MIN_BLOCK_NS = 2_000_000
MAX_CALLS = 20_000
N_WARM = 4
SLOW_NS = 10 * MIN_BLOCK_NS
"""A call as slow as that is not warmed further."""
NEAR_CALLS = 4
"""Numbers of calls in a block that differ by less may be those of equally fast variants."""
RECHECK_SHARE = 0.05
"""Of all timed calls: that many outputs are kept and compared, one a block at most."""

type Call = Callable[..., Any]


@dataclass(frozen=True)
class Block:
    """Some calls of one variant on one input set, timed together."""

    round: int
    variant: int
    input_set: int
    start_ns: int
    wall_ns: int
    cpu_ns: int


@dataclass
class Rounds:
    """Goes through all variants again and again, in random order, on the next input set each time.

    `recheck(variant, input_set, outputs)` is called outside the clock with outputs of random calls.
    """

    calls: Sequence[Call]
    input_sets: Sequence[Sequence[Any]]
    seed: int
    recheck: Callable[[int, int, Any], None] = lambda _variant, _set, _outputs: None
    n_calls: list[int] = field(default_factory=list[int])
    blocks: list[Block] = field(default_factory=list[Block])
    n_rounds: int = 0

    def calibrate(self) -> None:
        """Warm every variant and choose how many calls make a block of at least 2 ms."""
        self.n_calls = evened([calls_per_block(call, self.input_sets) for call in self.calls])

    def run(self, seconds: float, *, max_rounds: int | None = None) -> float:
        """Measure whole rounds for about that long; returns how long it took."""
        rng = np.random.default_rng([self.seed, self.n_rounds])
        was_collecting = gc.isenabled()
        gc.disable()
        started = CLOCK()
        last_round = None if max_rounds is None else self.n_rounds + max_rounds
        try:
            while CLOCK() - started < seconds * 1e9 and self.n_rounds != last_round:
                self.round(rng)
        finally:
            if was_collecting:
                gc.enable()
        return (CLOCK() - started) / 1e9

    def round(self, rng: np.random.Generator) -> None:
        """One block of every variant, on the same input set."""
        input_set = self.n_rounds % len(self.input_sets)
        arguments = self.input_sets[input_set]
        order: list[int] = rng.permutation(len(self.calls)).tolist()
        for variant in order:
            n = self.n_calls[variant]
            # Beyond the last call: none is kept.
            keep = int(rng.integers(n)) if rng.random() < RECHECK_SHARE * n else n
            start, wall, cpu, kept = timed_block(self.calls[variant], arguments, n, keep)
            self.blocks.append(Block(self.n_rounds, variant, input_set, start, wall, cpu))
            if keep < n:
                self.recheck(variant, input_set, kept)
        self.n_rounds += 1

    def times_us(self, variant: int, clock: str) -> np.ndarray[Any, Any]:
        """Microseconds of one call in each round, in time order; `clock` is wall or cpu."""
        ns = [
            block.wall_ns if clock == "wall" else block.cpu_ns
            for block in self.blocks
            if block.variant == variant
        ]
        return np.asarray(ns, float) / self.n_calls[variant] / 1e3


def timed_block(
    call: Call, arguments: Sequence[Any], n: int, keep: int
) -> tuple[int, int, int, Any]:
    """Time n calls, each synchronised: (start, wall, CPU) in ns, and the output of call `keep`."""
    clock, cpu_clock, sync = CLOCK, CPU_CLOCK, SYNC
    first, rest = min(keep + 1, n), n - min(keep + 1, n)
    out: Any = None
    start, cpu_start = clock(), cpu_clock()
    for _ in range(first):
        out = sync(call(*arguments))
    kept = out
    for _ in range(rest):
        out = sync(call(*arguments))
    cpu_end, end = cpu_clock(), clock()
    return start, end - start, cpu_end - cpu_start, kept


def calls_per_block(call: Call, input_sets: Sequence[Sequence[Any]]) -> int:
    """Calls that take 2 ms together, by the fastest of a few warm ones; 1 for slow functions."""
    fastest = MAX_CALLS * MIN_BLOCK_NS
    for i in range(N_WARM):
        _, wall, _, _ = timed_block(call, input_sets[i % len(input_sets)], 1, 1)
        fastest = min(fastest, wall)
        if fastest > SLOW_NS:
            return 1
    n = min(MAX_CALLS, -(-MIN_BLOCK_NS // max(1, fastest)))
    if n > 1:
        # Again over the whole block: single calls of microseconds carry the clock's own cost.
        _, wall, _, _ = timed_block(call, input_sets[0], n, n)
        n = min(MAX_CALLS, max(n, -(-n * MIN_BLOCK_NS // max(1, wall))))
    return n


def evened(n_calls: Sequence[int]) -> list[int]:
    """The same number of calls for variants whose numbers are near each other: the largest.

    A block costs something of its own, a cold cache first of all, which its calls share: with one
    call against two, identical code differs by some percent on a busy host.
    """
    most = max(n_calls)
    return [most if n * NEAR_CALLS > most else n for n in n_calls]


def affinity() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
