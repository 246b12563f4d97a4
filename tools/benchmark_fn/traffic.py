"""Bytes that a program's operations read and write, fused as a compiler would. Runs in the timer.

Elementwise operations cost nothing by themselves: they are done while their inputs are read, and
what they make is written only where a product, a loop or the caller needs it in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jax_workbench.tools.benchmark_fn.program_ir import n_bytes

SAME_BYTES = {"reshape", "transpose", "bitcast_convert", "optimization_barrier"}
"""Another look at the same bytes; a product reads a transposed operand as it lies."""
PICKS = {"slice", "dynamic_slice", "gather"}
"""Read as much as they give."""
NEEDS_MEMORY = {
    *("dot_general", "convolution", "fft", "sort", "custom_call", "reduce_window"),
    *("select_and_scatter", "triangular_solve", "cholesky", "rng_bit_generator", "rng"),
}
"""Read all of their operands and write all of their results."""


@dataclass(eq=False)
class Held:
    """A value, and what is known of it."""

    value: Any
    number: int | None = None
    """The integer behind it."""
    varies: bool = True
    is_stored: bool = False


@dataclass
class Traffic:
    """Bytes moved by one run of a block."""

    n_bytes: float = 0.0
    read: set[Any] = field(default_factory=set[Any])
    """Values that fused operations have read already: they share one pass."""
    written: set[Any] = field(default_factory=set[Any])

    def operation(self, kind: str, operands: Sequence[Held], results: Sequence[Held]) -> list[Held]:
        """Add what an operation moves; returns its results with where they lie."""
        if kind in SAME_BYTES and operands:
            return [Held(r.value, None, r.varies, operands[0].is_stored) for r in results]
        if kind in PICKS:
            if operands[0].is_stored:
                self.n_bytes += sum(n_bytes(r.value) for r in results)
            return list(results)
        if kind in {"dynamic_update_slice", "scatter"}:
            return self.update(kind, operands, results)
        if kind in NEEDS_MEMORY:
            for operand in operands:
                self.store(operand)
                self.n_bytes += n_bytes(operand.value)
            return self.stored(results)
        for operand in operands:
            if operand.is_stored and operand.value not in self.read:
                self.read.add(operand.value)
                self.n_bytes += n_bytes(operand.value)
        return self.stored(results) if kind == "reduce" else list(results)

    def update(self, kind: str, operands: Sequence[Held], results: Sequence[Held]) -> list[Held]:
        """An update in place: its part is written, and read first where it is combined."""
        self.store(operands[0])
        updates = operands[1] if kind == "dynamic_update_slice" else operands[-1]
        size = n_bytes(updates.value)
        times = (1 if kind == "dynamic_update_slice" else 2) + updates.is_stored
        self.n_bytes += times * size
        return [Held(r.value, None, r.varies, is_stored=True) for r in results]

    def stored(self, results: Sequence[Held]) -> list[Held]:
        """Results that are written as they are made."""
        self.n_bytes += sum(n_bytes(r.value) for r in results)
        return [Held(r.value, None, r.varies, is_stored=True) for r in results]

    def store(self, held: Held) -> None:
        """See that a value lies in memory, written once."""
        if not held.is_stored and held.value not in self.written:
            self.written.add(held.value)
            self.n_bytes += n_bytes(held.value)
