"""check_gradients: are derivatives right, and what is wrong if not? The server reads this."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from jax_workbench.tools.common.lean_arguments import without_default
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

Count = Annotated[int, Field(ge=0)]


class InputSpec(Part):
    """One array argument, drawn with `seed`.

    `low` and `high` (excluded) are those of uniform (default 0, 1) and integers (0, 10).
    """

    shape: tuple[Count, ...] = Field(default=(), max_length=8)
    dtype: str = Field(default="float32", max_length=16)
    distribution: Literal["normal", "uniform", "integers", "zeros", "ones", "arange", "spd"] = (
        "normal"
    )
    low: Finite | None = None
    high: Finite | None = None


def of_budget(budget_s: float) -> float:
    """Seconds within what a call may take."""
    if not 1 <= budget_s <= 300:  # noqa: PLR2004 - said in the message
        raise PydanticCustomError("bounds", "expected 1 to 300 seconds")
    return budget_s


def of_counts(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of arguments, from 0."""
    if any(number < 0 for number in numbers):
        raise PydanticCustomError("bounds", "expected numbers from 0")
    return numbers


def of_modes(modes: tuple[Any, ...]) -> tuple[Any, ...]:
    """At least one."""
    if not modes:
        raise PydanticCustomError("bounds", "expected fwd, rev or both")
    return modes


# A client pays for each byte of a schema. What a bound or a part needs no keyword for is checked
# by the functions above, and the parts of `inputs` are told in its text.
Described = Annotated[InputSpec, WithJsonSchema({"type": "object"})]
Budget = Annotated[Finite, AfterValidator(of_budget)]
Modalities = Annotated[tuple[Literal["fwd", "rev"], ...], AfterValidator(of_modes)]
Positions = Annotated[tuple[int, ...], AfterValidator(of_counts)]


class CheckGradientsAsk(RunsCode):
    """Check JAX derivatives: right, or which leaf, element, rule and line is wrong.

    By differences in float64; finds NaN, kinks, lost gradients.
    """

    code: str = Field(max_length=100_000, description="Module text.")
    fn: str = Field(default="fn", max_length=64, description="Function.")
    make_args: str = Field(default="make_args", max_length=64, description="Gives the arguments.")
    inputs: tuple[Described, ...] = Field(
        default=(),
        max_length=64,
        description="Instead: {shape, dtype, distribution: normal|uniform|integers|zeros|ones|"
        "arange|spd, low, high}.",
        json_schema_extra=without_default,
    )
    argnums: Positions = Field(
        default=(),
        max_length=64,
        description="Default: all floats.",
        json_schema_extra=without_default,
    )
    order: Literal[1, 2] = Field(default=1, description="2: second ones too.")
    modes: Modalities = Field(default=("fwd", "rev"), max_length=2, description="To check.")
    time_budget_s: Budget = Field(default=30, description="Then inconclusive.")


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
    ad: Finite | None = None
    fd: Finite | None = None
    fd_error: Finite | None = None
    tolerance: Finite | None = None
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
    leaf: str
    relative_error: Finite | None = Field(
        default=None, description="L2, of the worst leaf; null: not finite."
    )
    digits_lost: Finite | None = None


class Cost(Part):
    """What the check took."""

    evaluations: int = 0
    trace_s: Finite = 0
    judge_s: Finite = 0
    n_inputs: int = 0


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
