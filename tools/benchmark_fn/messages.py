"""What benchmark_fn's plan and its workers say to each other. Read in the server and the workers.

The server validates what comes back against these models: a tracer's words are untrusted.
"""

from typing import Annotated, Literal

from pydantic import Field

from jax_workbench.tools.benchmark_fn import BenchmarkFnResult, Distribution, Verdict
from jax_workbench.tools.benchmark_fn.work_messages import Peaks, ProgramWork
from jax_workbench.tools.contract import Finite, Part

PROGRAM = "program"
"""Name of the blob in which a tracer hands out its program."""
ALPHA = 0.02
"""Error that all looks at all comparisons of a call may make together."""
SAMPLES = "samples.json"
"""Name of the artifact that holds every timed block."""
PICTURE = "timing.png"
"""Name of the artifact that shows distributions and ratios."""
N_ROTATING = 3
"""Input sets that the timed rounds go through in turn."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Path = Annotated[str, Field(max_length=400)]


class Machine(Part):
    """What a time belongs to."""

    jax: str = Field(max_length=100)
    jaxlib: str = Field(max_length=100)
    platform: str = Field(max_length=100)
    device: str = Field(max_length=100)
    processor: str = Field(max_length=100)


class Draw(Part):
    """One argument to draw: an InputSpec whose sizes are numbers and whose law is settled."""

    shape: tuple[int, ...]
    dtype: str
    distribution: Distribution
    low: Finite
    high: Finite


class TraceAsk(Part):
    """To a tracer: one variant, and how to make its arguments."""

    name: str
    code: str
    fn: str
    make_inputs: str
    draws: tuple[Draw, ...]
    sizes: dict[str, int]
    """Of a sweep; `make_inputs` takes them by name."""
    seed: int
    backward: bool


class Traced(Part):
    """From a tracer: the names of what goes in and out of the program, and what it claims."""

    in_paths: tuple[Path, ...] = Field(max_length=4096)
    out_paths: tuple[Path, ...] = Field(max_length=4096)
    trace_s: Seconds
    lower_s: Seconds


class InputsAsk(Part):
    """To the job that runs `make_inputs`: its text, and the secret seeds."""

    code: str
    seeds: tuple[int, ...]
    sizes: dict[str, int]


class Leaf(Part):
    """Where an array lies in the bytes of its input set."""

    path: Path
    shape: tuple[int, ...]
    dtype: str = Field(max_length=32)
    key_impl: str = Field(default="", max_length=64)
    offset: int = Field(ge=0)
    n_bytes: int = Field(ge=0)


class InputSets(Part):
    """From the job that runs `make_inputs`: one layout per set; the bytes are blobs `set_<i>`."""

    sets: tuple[tuple[Leaf, ...], ...]


class TimerVariant(Part):
    """One program that the timer shall time; `blob` names its bytes."""

    name: str
    blob: str
    in_paths: tuple[Path, ...]
    out_paths: tuple[Path, ...]


class TimerAsk(Part):
    """To the timer. The first variant is the baseline."""

    variants: tuple[TimerVariant, ...]
    draws: tuple[Draw, ...]
    sets: tuple[tuple[Leaf, ...], ...]
    secret: str = Field(description="Hexadecimal; made by the host after the tracers ended.")
    budget_s: Seconds = Field(description="Of timing.")
    deadline_s: Seconds = Field(description="Of the whole job, from its start.")
    min_effect: Finite
    alpha: Finite = Field(description="Error that all looks at all its comparisons may make.")
    rtol: Finite | None
    check_outputs: bool
    n_cores: int
    keep_samples: bool
    stored_on: Machine | None = None
    """Where the baseline was stored, if it is a stored program."""


class AsCalledAsk(Part):
    """To the process that times Python functions; the first is the baseline."""

    timer: TimerAsk
    variants: tuple[TraceAsk, ...]


class Spread(Part):
    """Times of one call over blocks, in microseconds; the interval is of the median, at 95 %."""

    min: Finite
    q10: Finite
    median: Finite
    q90: Finite
    ci_low: Finite
    ci_high: Finite


class Refusal(Part):
    """Why a variant was not timed, or its times do not count."""

    reason: str
    text: str


class TimedVariant(Part):
    """From the timer: one variant. Times are missing where it was refused or time ran out."""

    name: str
    refused: Refusal | None = None
    wall_us: Spread | None = None
    cpu_us: Spread | None = None
    n_blocks: int = 0
    calls_per_block: int = 0
    compile_s: Finite | None = None
    first_call_s: Finite | None = None
    flops: Finite | None = None
    open_loops: int = 0
    least_flops: Finite | None = None
    """The smaller of the written work and XLA's count: XLA may have dropped dead code."""
    work: ProgramWork | None = None
    temp_bytes: int | None = None
    output_bytes: int | None = None
    const_bytes: int = 0
    unused_inputs: tuple[str, ...] = ()
    program: str = ""


class ClockRatio(Part):
    """One candidate's time over the baseline's by one clock, with its simultaneous interval."""

    ratio: Finite
    low: Finite
    high: Finite
    confidence: Finite
    verdict: Verdict
    min_detectable: Finite
    more_s: Finite | None


class TimedPair(Part):
    """One candidate against the baseline, by both clocks; None where the blocks were too few."""

    candidate: str
    is_identical: bool
    wall: ClockRatio | None
    cpu: ClockRatio | None


class TimedCheck(Part):
    """Something the timer verified."""

    code: str
    ok: bool
    text: str


class Stuck(Part):
    """A variant that did not come back from compiling or from its first calls."""

    name: str
    phase: Literal["compile", "run"]
    after_s: Finite


class TimerReport(Part):
    """From the timer. `stuck` is set alone: its process is spoilt, so nothing was timed."""

    stuck: Stuck | None = None
    variants: tuple[TimedVariant, ...] = ()
    pairs: tuple[TimedPair, ...] = ()
    checks: tuple[TimedCheck, ...] = ()
    dispatch_floor_us: Finite | None = None
    measured_s: Finite = 0
    is_decided: bool = False
    cpu_per_wall: Finite | None = None
    n_sets: int = 0
    inputs_are_equal: bool = False
    """Every rotating set holds the same values: a result could be known in advance."""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    platform: str = ""
    machine: Machine | None = None
    n_cores: int = 1
    xla_flags: str = ""
    n_rounds: int = 0
    peaks: Peaks | None = None
    n_compilations: int = 0
    """While the rounds ran."""


class PlotAsk(Part):
    """To the job that draws: a finished result; `parameter` is the swept one, if there is any."""

    result: BenchmarkFnResult
    parameter: str
    min_effect: Finite
