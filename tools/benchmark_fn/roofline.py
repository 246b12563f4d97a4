"""What the cores can do, measured between the rounds of a run. Runs in the timer.

A peak that was taken once says nothing of a shared host: these are as old as the run.

Source:
    Williams, Waterman and Patterson, Roofline: an insightful visual performance model for
    multicore architectures, CACM 52 (2009).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.line_up import Entrant, LineUp
from jax_workbench.tools.benchmark_fn.program_facts import Work
from jax_workbench.tools.benchmark_fn.rounds import CLOCK, Rounds, calls_per_block, timed_block
from jax_workbench.tools.benchmark_fn.work_messages import Peaks
from jax_workbench.tools.common.square_product import DTYPES, square_matrices

OVERHEAD_FLOORS = 5.0
"""Below that many dispatch floors a call has no roof but the cost of calling."""
BLOCKS_AT_ONCE = 3
SHARE_THAT_COUNTS = 0.02
"""Of a program's flops; types with less are not probed."""
MIN_SET_BYTES, MAX_SET_BYTES = 2**18, 2**26


@dataclass
class Probe:
    """A program of known work, and the blocks that timed it."""

    amount: float
    """Flops or bytes of one call."""
    call: Callable[..., Any]
    arguments: Sequence[Any]
    n_calls: int
    ns: list[float] = field(default_factory=list[float])
    """Of one call, by block."""

    def measure(self, *, by_cpu_time: bool) -> None:
        """Time one block."""
        n = self.n_calls
        _, wall, cpu, _ = timed_block(self.call, self.arguments, n, n)
        self.ns.append((cpu if by_cpu_time else wall) / n)

    def rate(self) -> float:
        """Amount per nanosecond, by the median block: such as GFLOP/s."""
        return self.amount / max(1e-9, float(np.median(self.ns)))


@dataclass
class Roofline:
    """The probes that a line-up needs."""

    line_up: LineUp
    rounds: Rounds
    floor_us: float
    products: dict[str, Probe] = field(default_factory=dict[str, Probe])
    stream: Probe | None = None
    is_needed: bool = True
    measured_ns: int = 0

    @property
    def by_cpu_time(self) -> bool:
        """Whether CPU time is what counts."""
        return self.line_up.ask.n_cores == 1 and jax.default_backend() == "cpu"

    def measure(self) -> None:
        """Take a few blocks of each probe; nothing where every call is mostly overhead."""
        if self.stream is None and self.is_needed:
            self.is_needed = self.has_work()
            if self.is_needed:
                self.prepare()
        if self.stream is None:
            return
        for _ in range(BLOCKS_AT_ONCE):
            for probe in (*self.products.values(), self.stream):
                probe.measure(by_cpu_time=self.by_cpu_time)
        self.measured_ns = CLOCK()

    def has_work(self) -> bool:
        """Whether some call takes longer than what calling costs."""
        medians = [
            float(np.median(times))
            for i in range(len(self.rounds.calls))
            if len(times := self.rounds.times_us(i, "wall"))
        ]
        return any(median >= OVERHEAD_FLOORS * self.floor_us for median in medians)

    def prepare(self) -> None:
        """Compile the probes for the types that the programs compute in."""
        entrants = [entrant for entrant in self.line_up.entrants if entrant.is_in]
        works = [e.loaded.program.facts.work for e in entrants if e.loaded]
        self.products = {kind: product(kind) for kind in probed_types(works)}
        self.stream = stream(max(map(working_set, entrants), default=0))

    def peaks(self) -> Peaks | None:
        """What was reached; None where nothing was probed."""
        if self.stream is None or not self.stream.ns:
            return None
        return Peaks(
            gflops={kind: probe.rate() for kind, probe in self.products.items()},
            gbps=self.stream.rate(),
            working_set_bytes=int(self.stream.amount),
            by_cpu_time=self.by_cpu_time,
            age_s=(CLOCK() - self.measured_ns) / 1e9,
            n_blocks=len(self.stream.ns),
        )


def probed_types(works: Sequence[Work]) -> list[str]:
    """Types that do a good part of some program's work; float32 stands for all others."""
    found = {
        kind if kind in DTYPES else "f32"
        for work in works
        for kind, flops in work.flops.items()
        if flops >= SHARE_THAT_COUNTS * work.n_flops
    }
    return sorted(found)


def working_set(entrant: Entrant) -> int:
    """Bytes that one call of a program touches."""
    assert entrant.loaded  # noqa: S101 - an entrant that is in was loaded and compiled
    assert entrant.compiled  # noqa: S101
    avals: Any = entrant.loaded.exported.in_avals
    taken = sum(aval.size * getattr(aval.dtype, "itemsize", 8) for aval in avals)
    return int(taken) + entrant.compiled.output_bytes + entrant.compiled.temp_bytes


def product(kind: str) -> Probe:
    """A square matrix product of one type."""
    matrices, flops = square_matrices(kind)
    return probe(jnp.matmul, matrices, flops)


def stream(n_bytes: int) -> Probe:
    """Two arrays read and their sum written, together that many bytes."""
    size = min(max(n_bytes, MIN_SET_BYTES), MAX_SET_BYTES) // 12
    arguments = [jnp.full((size,), value, jnp.float32) for value in (1.0, 2.0)]
    return probe(jnp.add, arguments, 12.0 * size)


def probe(fn: Callable[..., Any], arguments: Sequence[Any], amount: float) -> Probe:
    """Compile and warm a probe."""
    call = jax.jit(fn).lower(*arguments).compile()
    return Probe(amount, call, arguments, calls_per_block(call, [arguments]))
