"""benchmark_fn: how fast JAX code runs, and which version is faster. The server reads this."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from jax_workbench.tools.common.lean_arguments import between, or_left_out
from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

Distribution = Literal["normal", "uniform", "integers", "zeros", "ones", "arange", "spd"]
Status = Literal["measured", "compared", "ambiguous", "rejected", "partial", "running"]
FlopsSource = Literal["artifact", "lower_bound", "none"]
Verdict = Literal["faster", "slower", "same", "ambiguous", "rejected"]
MAX_CODE = 100_000
"""Characters of one text."""


# A client pays for each byte of a schema: what needs no keyword for a model to get it right is
# checked by `between`, and the parts of variants and inputs are told in their texts.
Share = Annotated[Finite, AfterValidator(between(1e-12, 0.999))]
Effect = Annotated[Finite, AfterValidator(between(0.001, 1))]
Budget = Annotated[Finite, AfterValidator(between(0.1, 300))]
Cores = Annotated[int, AfterValidator(between(0, 256))]
Devices = Annotated[int, AfterValidator(between(1, 64))]


class Variant(Part):
    """One version of the function."""

    name: str = Field(min_length=1, max_length=64)
    code: str = Field(min_length=1, max_length=MAX_CODE)
    fn: str = Field(default="fn", max_length=64)


class InputSpec(Part):
    """One array argument, drawn where the code can't know the values.

    A size may be the name of a swept one. `low` and `high` (excluded) are those of uniform
    (default 0, 1) and integers (0, 100).
    """

    shape: tuple[int | str, ...] = Field(default=(), max_length=8)
    dtype: str = Field(default="float32", max_length=16)
    distribution: Distribution = "normal"
    low: Finite | None = None
    high: Finite | None = None


Described = Annotated[InputSpec, WithJsonSchema({"type": "object"})]
DescribedVariant = Annotated[Variant, WithJsonSchema({"type": "object"})]


class BenchmarkFnAsk(RunsCode):
    """Time a JAX function, or compare versions: faster, slower or same, and how sure.

    Times the exported programs interleaved, in a process without user Python, on fresh secret
    inputs; checks that outputs agree. Use it before claiming a speed-up.
    """

    variants: tuple[DescribedVariant, ...] = Field(
        min_length=1,
        max_length=8,
        description="Versions of one function: {name, code, fn: its name if not fn}.",
    )
    make_inputs: str = Field(
        default="",
        max_length=MAX_CODE,
        description="Module text; its make_inputs(seed, **sizes) returns the arguments.",
    )
    inputs: tuple[Described, ...] = Field(
        default=(),
        max_length=64,
        description="Instead: {shape, dtype, distribution: normal|uniform|integers|zeros|ones|"
        "arange|spd, low, high}.",
    )
    baseline: str = Field(
        default="", max_length=300, description="Variant, or stored program's URI."
    )
    sweep: dict[str, tuple[int, ...]] = Field(
        default_factory=dict[str, tuple[int, ...]],
        max_length=1,
        description='Sizes: {"n": [128, 256]}; inputs may name n.',
    )
    mode: Literal["artifact", "as_called"] = Field(
        default="artifact", description="as_called: Python's own calls."
    )
    check_outputs: bool = Field(default=True, description="Reject if they differ.")
    rtol: Share | None = Field(
        default=None, description="Of outputs; default by dtype.", json_schema_extra=or_left_out
    )
    backward: bool = Field(default=False, description="Time value and gradient.")
    min_effect: Effect = Field(default=0.02, description="Least relative change to call.")
    time_budget_s: Budget = Field(default=10, description="Of timing; ends once decided.")
    threads: Cores = Field(default=0, description="Cores; 0: one.")
    files: tuple[str, ...] = Field(
        default=(), max_length=16, description="Paths or URIs, read as inputs/NAME."
    )
    devices: Devices = Field(default=1, description="Simulated.")


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
    peak_gflops: dict[str, Finite] = Field(default_factory=dict[str, Finite])
    peak_gbps: Finite | None = None
    peak_age_s: Finite | None = None


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
    stored_arguments=("baseline",),
)
