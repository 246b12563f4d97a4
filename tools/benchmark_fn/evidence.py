"""Everything that the jobs of one call brought to light. Runs in the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.attainable import is_too_fast
from jax_workbench.tools.benchmark_fn.judge import Conditions
from jax_workbench.tools.benchmark_fn.messages import (
    Refusal,
    TimedPair,
    TimedVariant,
    TimerReport,
    Traced,
)
from jax_workbench.tools.benchmark_fn.stored_program import Header

PEAK_GFLOPS_PER_CORE = 400.0
"""More than a core can do: two 512-bit multiply-adds a cycle at 6 GHz, in float32."""


@dataclass(frozen=True)
class Timed:
    """One run of the timer, and what the host saw of it."""

    report: TimerReport
    stalled_share: float | None
    steal_share: float | None
    wall_s: float
    samples: bytes = b""
    """Every timed block, as the timer handed them out."""

    def conditions(self) -> Conditions:
        """What the run was like."""
        return Conditions(
            n_cores=self.report.n_cores,
            platform=self.report.platform,
            stalled_share=self.stalled_share,
            cpu_per_wall=self.report.cpu_per_wall,
        )

    def variant(self, name: str) -> TimedVariant | None:
        """What was timed of one variant."""
        return next((v for v in self.report.variants if v.name == name), None)

    def pair(self, name: str) -> TimedPair | None:
        """What was compared of one candidate."""
        return next((p for p in self.report.pairs if p.candidate == name), None)

    def is_refused(self, name: str) -> bool:
        """Whether the timer refused a variant."""
        found = self.variant(name)
        return found is not None and found.refused is not None

    def is_suspect(self, name: str) -> bool:
        """Whether a variant seems to compute faster than a core can."""
        found = self.variant(name)
        if found is None or found.wall_us is None or self.report.platform != "cpu":
            return False
        gflops = (found.least_flops or 0.0) / found.wall_us.median / 1e3
        is_impossible = gflops > PEAK_GFLOPS_PER_CORE * self.report.n_cores
        return is_impossible or is_too_fast(found, self.report.peaks)


@dataclass(frozen=True)
class Evidence:
    """What was asked, traced, refused and timed."""

    ask: BenchmarkFnAsk
    baseline: str
    claims: Mapping[str, Traced | None]
    """What each tracer says of itself; None where it said what can't be."""
    refused: Mapping[str, Refusal]
    """Candidates that never came to the timer."""
    timed: Timed
    second: Timed | None
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of a sweep; one."""

    programs: Timed | None = None
    """In mode as_called: the exported programs of the same functions."""

    stored: Header | None = None
    """Of the stored program that is the baseline, if one is."""

    @property
    def names(self) -> list[str]:
        """Everyone in the comparison: a stored baseline first, then the variants as they came."""
        mine = [variant.name for variant in self.ask.variants]
        return mine if self.baseline in mine else [self.baseline, *mine]

    @property
    def size(self) -> int | None:
        """The swept size, or None."""
        return next(iter(self.sizes.values()), None)

    def refusal(self, name: str) -> Refusal | None:
        """Why a variant was rejected, before the timer or in it."""
        found = self.timed.variant(name)
        return self.refused.get(name) or (found.refused if found else None)
