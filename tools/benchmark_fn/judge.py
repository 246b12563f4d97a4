"""Which clock decides a comparison, and what is said of it. Runs in the server; only arithmetic."""

import math
from dataclasses import dataclass
from typing import Literal

from jax_workbench.tools.benchmark_fn import Comparison, Verdict
from jax_workbench.tools.benchmark_fn.messages import ClockRatio, Refusal, TimedPair

STALLED_SHARE = 0.2
CPU_PER_WALL = 0.9
"""Of a block on one core; below, the host took the core away."""
SECOND_OPINION_RATIO = 0.1
"""A time ratio under this is not believed from one process."""
AGREEMENT = 2.0
"""Factor by which the ratios of two processes may differ."""
CLOSE_RATIO = 1.25
"""How one process lies in memory may make such a difference; 1.12 has been seen for equal code."""


@dataclass(frozen=True)
class Conditions:
    """What the run was like."""

    n_cores: int
    platform: str
    stalled_share: float | None
    cpu_per_wall: float | None

    @property
    def contended(self) -> bool:
        """Whether something else had the core for a good part of the time."""
        preempted = (
            self.n_cores == 1
            and self.platform == "cpu"
            and self.cpu_per_wall is not None
            and self.cpu_per_wall < CPU_PER_WALL
        )
        return preempted or (self.stalled_share or 0.0) > STALLED_SHARE

    @property
    def cpu_time_is_time(self) -> bool:
        """Whether CPU time says how long the work takes: on one core of a CPU."""
        return self.n_cores == 1 and self.platform == "cpu"


@dataclass(frozen=True)
class Ruling:
    """A verdict, why, and the clock and interval that it rests on."""

    verdict: Verdict
    reason: str
    clock: Literal["wall", "cpu"]
    ratio: ClockRatio | None


def rule(pair: TimedPair, conditions: Conditions) -> Ruling:
    """Judge one candidate of one run.

    On a busy host CPU time decides if the run had one core; else wall time does. The other clock
    may be silent, but where it points the other way there is no verdict.
    """
    if pair.is_identical:
        return Ruling("same", "identical_program", "wall", pair.wall)
    wall, cpu = pair.wall, pair.cpu
    if wall is None or cpu is None:
        return Ruling("ambiguous", "too_few_blocks", "wall", wall)
    if not conditions.cpu_time_is_time:
        return on_wall_alone(wall, cpu, conditions)
    if conditions.contended:
        return spoken("cpu", cpu)
    if are_opposed(wall, cpu):
        return Ruling("ambiguous", "clocks_disagree", "wall", wall)
    return spoken("wall", wall) if wall.verdict != "ambiguous" else spoken("cpu", cpu)


def on_wall_alone(wall: ClockRatio, cpu: ClockRatio, conditions: Conditions) -> Ruling:
    """Several cores, or an accelerator: CPU time is no time, and a busy host can't be seen past."""
    if conditions.platform == "cpu" and conditions.contended and wall.verdict != cpu.verdict:
        return Ruling("ambiguous", "contended", "wall", wall)
    return spoken("wall", wall)


def are_opposed(wall: ClockRatio, cpu: ClockRatio) -> bool:
    """Whether one clock calls a difference and the other one points the other way."""
    called = wall.verdict in {"faster", "slower"} or cpu.verdict in {"faster", "slower"}
    return called and math.log(wall.ratio) * math.log(cpu.ratio) < 0


def spoken(clock: Literal["wall", "cpu"], ratio: ClockRatio) -> Ruling:
    """What one clock says."""
    reasons: dict[Verdict, str] = {
        "faster": "beyond_min_effect",
        "slower": "beyond_min_effect",
        "same": "within_min_effect",
        "ambiguous": "too_noisy",
    }
    return Ruling(ratio.verdict, reasons[ratio.verdict], clock, ratio)


def needs_second_opinion(pair: TimedPair, conditions: Conditions) -> bool:
    """Whether a speed-up is too good to be believed from one process."""
    ruling = rule(pair, conditions)
    return (
        ruling.verdict == "faster"
        and ruling.ratio is not None
        and ruling.ratio.ratio < SECOND_OPINION_RATIO
    )


def confirm(first: Ruling, second: Ruling | None, *, has_run: bool) -> Ruling:
    """Let a second process speak: it must give the same verdict and about the same ratio."""
    if not has_run:
        return Ruling("ambiguous", "second_opinion_missing", first.clock, first.ratio)
    if second and first.ratio and second.ratio and first.verdict == second.verdict:
        apart = abs(math.log(first.ratio.ratio / second.ratio.ratio))
        if apart <= math.log(AGREEMENT):
            return first
    return Ruling("ambiguous", "second_opinion_disagrees", first.clock, first.ratio)


def is_close(ruling: Ruling) -> bool:
    """Whether a called difference is small enough to come from one process's layout in memory."""
    if ruling.verdict not in {"faster", "slower"} or ruling.ratio is None:
        return False
    return 1 / CLOSE_RATIO < ruling.ratio.ratio < CLOSE_RATIO


def agree(first: Ruling, second: Ruling | None) -> Ruling:
    """Keep a close verdict that a second process does not contradict.

    The second one has less time, so it need not be decided; it must point the same way, and its
    interval must reach the first one's.
    """
    if first.ratio is None or second is None or second.ratio is None:
        return first
    a, b = first.ratio, second.ratio
    points_alike = math.log(a.ratio) * math.log(b.ratio) > 0
    if points_alike and second.verdict != "same" and a.low <= b.high and b.low <= a.high:
        return first
    return Ruling("ambiguous", "processes_disagree", first.clock, first.ratio)


def doubt(ruling: Ruling) -> Ruling:
    """Take a verdict back that rests on times no core can reach."""
    if ruling.verdict not in {"faster", "slower"}:
        return ruling
    return Ruling("ambiguous", "timing_suspect", ruling.clock, ruling.ratio)


def comparison(baseline: str, candidate: str, ruling: Ruling, n_processes: int) -> Comparison:
    """Put a ruling into the answer's words."""
    ratio = ruling.ratio
    return Comparison(
        baseline=baseline,
        candidate=candidate,
        time_ratio=ratio and ratio.ratio,
        ci_low=ratio and ratio.low,
        ci_high=ratio and ratio.high,
        confidence=ratio and ratio.confidence,
        clock=ruling.clock,
        verdict=ruling.verdict,
        reason=ruling.reason,
        min_detectable=ratio and ratio.min_detectable,
        more_s=ratio and (ratio.more_s if ruling.verdict == "ambiguous" else None),
        n_processes=n_processes,
    )


def rejection(baseline: str, candidate: str, refused: Refusal) -> Comparison:
    """A candidate that was not timed, or whose times do not count."""
    return Comparison(
        baseline=baseline,
        candidate=candidate,
        time_ratio=None,
        ci_low=None,
        ci_high=None,
        confidence=None,
        clock="wall",
        verdict="rejected",
        reason=refused.reason,
        min_detectable=None,
        more_s=None,
        n_processes=0,
    )
