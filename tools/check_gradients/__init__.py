"""check_gradients: are derivatives right, and what is wrong if not? The server reads this."""

from typing import Annotated, Any, Literal

from pydantic import Field

from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

type Verdict = Literal[
    "pass",
    "fail",
    "fail_second_order",
    "nan",
    "inf",
    "kink",
    "discontinuous",
    "zero_gradient",
    "surrogate",
    "nondeterministic",
    "inconclusive",
    "unsupported",
]

Size = Annotated[int, Field(ge=0, le=2**31)]


class InputSpec(Part):
    """One array argument, drawn with `seed`."""

    shape: tuple[Size, ...] = Field(default=(), max_length=8)
    dtype: str = Field(default="float32", max_length=16)
    distribution: Literal["normal", "uniform", "integers", "zeros", "ones", "arange", "spd"] = (
        "normal"
    )
    low: Finite | None = Field(default=None, description="For uniform, integers.")
    high: Finite | None = None


class CheckGradientsAsk(RunsCode):
    """Check a JAX function's derivatives: right, or which leaf, element, rule and line is wrong.

    Compares reverse, forward and custom rules with adaptive differences in float64, in a process
    without user Python. Finds NaN, kinks, vanished and straight-through gradients too. Use it for
    custom_vjp, losses, NaN gradients. For speed use benchmark_fn.
    """

    code: str = Field(min_length=1, max_length=100_000, description="Module text.")
    fn: str = Field(default="fn", pattern=r"^[A-Za-z_]\w{0,63}$", description="Function in it.")
    make_args: str = Field(
        default="make_args",
        pattern=r"^[A-Za-z_]\w{0,63}$",
        description="Function in it; returns the tuple of arguments.",
    )
    inputs: tuple[InputSpec, ...] = Field(
        default=(), max_length=64, description="Instead of make_args."
    )
    argnums: tuple[Annotated[int, Field(ge=0, lt=64)], ...] = Field(
        default=(), max_length=64, description="Arguments to differentiate; default all inexact."
    )
    order: Literal[1, 2] = Field(default=1, description="2: second derivatives too.")
    modes: tuple[Literal["fwd", "rev"], ...] = Field(
        default=("fwd", "rev"), min_length=1, max_length=2, description="Modes to check."
    )
    time_budget_s: Finite = Field(
        default=30, ge=1, le=300, description="Seconds; then inconclusive, with what was done."
    )


class Finding(Part):
    """One thing that is wrong or worth knowing, and where."""

    kind: str = Field(description="A status word, or fwd_rev_mismatch.")
    leaf: str | None = Field(default=None, description='Such as args[0]["w"].')
    index: tuple[int, ...] | None = None
    n_wrong: int | None = Field(default=None, description="Elements found wrong.")
    ad_value: Finite | None = Field(default=None, description="By AD: of a scalar fn, the entry.")
    fd_value: Finite | None = Field(default=None, description="The reference.")
    fd_error: Finite | None = None
    ratio: Finite | None = Field(default=None, description="AD / reference.")
    slope_left: Finite | None = None
    slope_right: Finite | None = None
    rule: str | None = None
    primitive: str | None = None
    phase: Literal["forward", "backward"] | None = None
    line: int | None = None
    source: str | None = Field(default=None, description="Text of that line.")
    hint: str = ""


class DirectionResult(Part):
    """Derivative along one random direction: by AD and by differences."""

    outcome: Literal["pass", "fail", "kink", "jump", "uncertain"]
    ad: Finite | None
    fd: Finite | None
    fd_error: Finite | None
    tolerance: Finite | None
    slope_left: Finite | None = None
    slope_right: Finite | None = None


class Modes(Part):
    """Which modes were checked, and whether they agree."""

    fwd: bool
    rev: bool
    order2: bool = False
    fwd_rev_max_error: Finite | None = Field(default=None, description="Relative.")


class OwnDtypeError(Part):
    """Gradient in the arguments' own dtype against float64."""

    dtype: str
    relative_error: Finite | None = Field(description="L2, of the worst leaf; null: not finite.")
    leaf: str
    digits_lost: Finite | None


class Cost(Part):
    """What the check took."""

    evaluations: int
    trace_s: Finite
    judge_s: Finite
    n_inputs: int


class CheckGradientsResult(Part):
    """The evidence behind the status."""

    resolution: Finite | None = Field(description="Smallest relative fault of one that would show.")
    confidence: Finite = Field(description="Share of the directions behind the verdict.")
    precision: Literal["x64", "native"]
    modes: Modes
    findings: tuple[Finding, ...] = ()
    directions: tuple[DirectionResult, ...] = ()
    float32_error: OwnDtypeError | None = None
    cost: Cost


class CheckGradientsAnswer(Answer):
    """The verdict on the derivatives."""

    status: Literal[Verdict, "running"]
    result: CheckGradientsResult | None = None


TOOL: Tool[Any, Any] = Tool(
    name="check_gradients",
    title="Check gradients",
    ask=CheckGradientsAsk,
    answer=CheckGradientsAnswer,
    plan="jax_workbench.tools.check_gradients.plan:plan",
    bad_statuses=frozenset(
        {
            *("fail", "fail_second_order", "nan", "inf", "zero_gradient", "nondeterministic"),
            *("discontinuous", "inconclusive", "unsupported"),
        }
    ),
)
