"""What the timer says of a program's work and of what its cores can do. Read in the server too."""

from pydantic import Field

from jax_workbench.tools.contract import Finite, Part


class ProgramWork(Part):
    """What one call of a program computes and moves, counted in what was exported."""

    flops: dict[str, Finite] = Field(default_factory=dict[str, Finite])
    """By element type as MLIR writes it."""
    is_lower_bound: bool = False
    n_bytes: Finite = 0
    dead_flops: Finite = 0
    fixed_flops: Finite = 0
    """Of what depends on no input."""
    hoisted_flops: Finite = 0
    """Written in loops, and the same in every turn."""
    uncounted: tuple[str, ...] = ()
    float_types: tuple[str, ...] = ()
    dot_precision: int | None = None
    """The lowest that a product asks for: 0 default, 1 high, 2 highest; None without products."""


class Peaks(Part):
    """The most that was reached, measured between the rounds of this run."""

    gflops: dict[str, Finite]
    """By element type, of a large matrix product."""
    gbps: Finite
    """Of a sum of two arrays that are together as large as what a call touches."""
    working_set_bytes: int
    by_cpu_time: bool
    """Which clock they are by: CPU time on one core, else wall time."""
    age_s: Finite
    """Since the last probe, when the run ended."""
    n_blocks: int
    """Of each probe."""
