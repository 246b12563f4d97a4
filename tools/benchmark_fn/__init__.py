"""benchmark_fn: how fast JAX code runs, and which version is faster. The server reads this."""

from typing import Literal

from pydantic import Field

from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

Distribution = Literal["normal", "uniform", "integers", "zeros", "ones", "arange", "spd"]
Status = Literal["measured", "compared", "ambiguous", "rejected", "partial", "running"]
FlopsSource = Literal["artifact", "lower_bound", "none"]
Verdict = Literal["faster", "slower", "same", "ambiguous", "rejected"]
MAX_CODE = 100_000
"""Characters of one text."""


class Variant(Part):
    """One version of the function."""

    name: str = Field(min_length=1, max_length=64)
    code: str = Field(min_length=1, max_length=MAX_CODE, description="Module text.")
    fn: str = Field(default="fn", max_length=64, description="Function in it to time.")


class InputSpec(Part):
    """One array argument, drawn where the code can't know the values."""

    shape: tuple[int | str, ...] = Field(
        default=(), max_length=8, description="Sizes, or names of swept ones."
    )
    dtype: str = Field(default="float32", max_length=16, description="NumPy's name, or key.")
    distribution: Distribution = "normal"
    low: Finite | None = Field(default=None, description="Of uniform, integers.")
    high: Finite | None = None


class BenchmarkFnAsk(RunsCode):
    """Time a JAX function, or compare versions of it: faster, slower or the same, and how sure.

    Exports each variant and times the programs interleaved, in a process without user Python, on
    fresh secret inputs; checks that outputs agree; says compile time apart. Use it before claiming
    a speed-up. Not for eager code, host callbacks or I/O: those are not part of the program. To
    see what code returns or prints, use run_jax_code.
    """

    variants: tuple[Variant, ...] = Field(
        min_length=1, max_length=8, description="Versions of one function; unique names."
    )
    make_inputs: str = Field(
        default="",
        max_length=MAX_CODE,
        description="Module text; its make_inputs(seed) returns the tuple of arguments.",
    )
    inputs: tuple[InputSpec, ...] = Field(
        default=(), max_length=64, description="Instead of make_inputs: one spec an argument."
    )
    baseline: str = Field(default="", max_length=64, description="Variant's name; else the first.")
    sweep: dict[str, tuple[int, ...]] = Field(
        default_factory=dict[str, tuple[int, ...]], max_length=1, description="Not there yet."
    )
    mode: Literal["artifact", "as_called"] = "artifact"
    check_outputs: bool = Field(default=True, description="Reject variants whose outputs differ.")
    rtol: Finite | None = Field(
        default=None, gt=0, lt=1, description="Of outputs; else by dtype (float32: 1e-5 sqrt k)."
    )
    backward: bool = Field(default=False, description="Time value and gradient of scalar fn.")
    min_effect: Finite = Field(
        default=0.02, ge=0.001, le=1, description="Smallest relative change worth a verdict."
    )
    time_budget_s: Finite = Field(
        default=10, ge=0.1, le=300, description="Most seconds of timing; ends once decided."
    )
    threads: int = Field(default=0, ge=0, le=256, description="CPU cores; 0: one, pinned.")
    files: tuple[str, ...] = Field(
        default=(), max_length=16, description="Paths or workbench:// URIs; found in inputs/."
    )
    devices: int = Field(default=1, ge=1, le=64, description="Simulated devices.")


class WallTimes(Part):
    """Wall microseconds of one call, synchronised; the interval is of the median, at 95 %."""

    min: Finite
    q10: Finite
    median: Finite
    q90: Finite
    ci_low: Finite
    ci_high: Finite


class VariantTimes(Part):
    """What was measured of one variant; null where it was not."""

    name: str
    size: int | None = Field(default=None, description="Of the sweep.")
    wall_us: WallTimes | None = None
    cpu_us: Finite | None = Field(default=None, description="Median.")
    n_blocks: int = 0
    calls_per_block: int = 0
    trace_s: Finite | None = Field(default=None, description="Claimed by the traced process.")
    lower_s: Finite | None = None
    compile_s: Finite | None = None
    first_call_s: Finite | None = None
    dispatch_floor_us: Finite | None = None
    flops: Finite | None = None
    flops_source: FlopsSource = "none"
    bytes_accessed: Finite | None = None
    gflops: Finite | None = Field(default=None, description="Per second.")
    pct_attainable: Finite | None = None
    bound: Literal["compute", "memory", "overhead", "unknown"] = "unknown"
    temp_bytes: int | None = None
    output_bytes: int | None = None
    trust: Literal["isolated", "in_process"] = "isolated"
    rejected: str | None = Field(default=None, description="Reason code.")


class Comparison(Part):
    """One candidate against the baseline."""

    baseline: str
    candidate: str
    size: int | None = None
    time_ratio: Finite | None = Field(description="time(candidate) / time(baseline)")
    ci_low: Finite | None
    ci_high: Finite | None
    confidence: Finite | None
    clock: Literal["wall", "cpu"]
    verdict: Verdict
    reason: str = Field(description="Stable code behind the verdict.")
    min_detectable: Finite | None = Field(description="Relative change this run could tell.")
    more_s: Finite | None = Field(description="Further seconds that would decide.")
    n_processes: int


class Scaling(Part):
    """How time grows with a swept size."""

    variant: str
    parameter: str
    exponent: Finite
    ci_low: Finite
    ci_high: Finite
    range: tuple[int, int]


class Check(Part):
    """Something that was verified, or was not."""

    code: str
    ok: bool
    text: str


class Environment(Part):
    """Where it was measured, and what disturbed it."""

    n_cores: int
    contended: bool
    stalled_share: Finite | None = Field(description="Of the time, something waited for a CPU.")
    steal_share: Finite | None
    cpu_per_wall: Finite | None = Field(description="Median over blocks.")
    measured_s: Finite
    input_sets: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    xla_flags: str


class BenchmarkFnResult(Part):
    """The measurement."""

    variants: tuple[VariantTimes, ...]
    comparisons: tuple[Comparison, ...]
    scaling: tuple[Scaling, ...] = ()
    checks: tuple[Check, ...]
    environment: Environment


class BenchmarkFnAnswer(Answer):
    """How fast each variant is, and which is faster."""

    status: Status
    result: BenchmarkFnResult | None = None


TOOL = Tool(
    name="benchmark_fn",
    title="Benchmark JAX functions",
    ask=BenchmarkFnAsk,
    answer=BenchmarkFnAnswer,
    plan="jax_workbench.tools.benchmark_fn.plan:plan",
    lane="measuring",
    bad_statuses=frozenset({"rejected", "partial"}),
)
