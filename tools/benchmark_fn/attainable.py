"""How near a program comes to what the cores can do. Runs in the server; only arithmetic."""

from dataclasses import dataclass
from typing import Literal

from jax_workbench.tools.benchmark_fn.messages import TimedVariant
from jax_workbench.tools.benchmark_fn.work_messages import Peaks

OVERHEAD_FLOORS = 5.0
"""Below that many dispatch floors, a call's time is mostly not the program's."""
NEAR_A_ROOF_PCT = 10.0
"""Farther below both roofs, neither is what bounds a program."""
TOO_FAST = 2.0
"""No honest program does that many times what a large matrix product reaches."""

type Bound = Literal["compute", "memory", "overhead", "unknown"]


@dataclass(frozen=True)
class Attained:
    """How near, and to which roof."""

    pct: float | None
    bound: Bound


def attained(found: TimedVariant, peaks: Peaks | None, floor_us: float | None) -> Attained:
    """Compare a variant's time with the time that its work needs at the peaks.

    Args:
        found: A timed variant.
        peaks: Measured in the same run.
        floor_us: Microseconds of a call that computes nothing.

    Returns:
        No percentage where the count is a lower bound, or calling costs more than the work.
    """
    if found.wall_us is None:
        return Attained(None, "unknown")
    if floor_us is not None and found.wall_us.median < OVERHEAD_FLOORS * floor_us:
        return Attained(None, "overhead")
    time_us = deciding_time_us(found, peaks)
    if peaks is None or time_us is None or found.work is None or found.work.is_lower_bound:
        return Attained(None, "unknown")
    compute_us, memory_us = compute_roof_us(found, peaks), found.work.n_bytes / peaks.gbps / 1e3
    pct = 100 * max(compute_us, memory_us) / time_us
    if pct < NEAR_A_ROOF_PCT:
        return Attained(pct, "unknown")
    return Attained(pct, "compute" if compute_us >= memory_us else "memory")


def deciding_time_us(found: TimedVariant, peaks: Peaks | None) -> float | None:
    """Median time of a call by the clock of the peaks."""
    spread = found.cpu_us if peaks and peaks.by_cpu_time else found.wall_us
    return spread.median if spread and spread.median > 0 else None


def compute_roof_us(found: TimedVariant, peaks: Peaks) -> float:
    """Microseconds that the flops need at the peak of their types; float32 stands for others."""
    flops = found.work.flops if found.work else {}
    standard = peaks.gflops.get("f32") or max(peaks.gflops.values(), default=0.0)
    rates = {kind: peaks.gflops.get(kind, standard) for kind in flops}
    return sum(n / rates[kind] / 1e3 for kind, n in flops.items() if rates[kind])


def is_too_fast(found: TimedVariant, peaks: Peaks | None) -> bool:
    """Whether the least work that a variant must do takes longer than it took."""
    time_us = deciding_time_us(found, peaks)
    if peaks is None or time_us is None or not peaks.gflops:
        return False
    gflops = (found.least_flops or 0.0) / time_us / 1e3
    return gflops > TOO_FAST * max(peaks.gflops.values())
