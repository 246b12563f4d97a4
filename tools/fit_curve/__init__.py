"""fit_curve: least squares without a start, and what it cannot know. The server reads it."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator

from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

MOST_INLINE = 2000
OBJECT_OR_NULL = {"type": ["object", "null"]}
LIMITS = (
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "maxItems",
)
"""Of arguments; a call beyond one is refused with the limit in its text."""

type Code = Literal[
    "outliers",
    "poor_fit",
    "residual_structure",
    "at_bound",
    "unidentifiable",
    "ill_conditioned",
    "correlated",
    "too_few_points",
    "zero_dof",
    "constant_data",
    "constant_x",
    "nonfinite_data",
    "bad_sigma",
    "length_mismatch",
    "insignificant_parameters",
    "unused_parameter",
    "not_converged",
    "multiple_optima",
    "equivalent_solutions",
    "sigma_underestimated",
    "scale_mismatch",
    "model_raised",
]


class Parameter(Part):
    """What the caller knows of one parameter."""

    start: float | None = Field(default=None, allow_inf_nan=False)
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    fixed: float | bool | None = None
    tied: str = Field(default="", max_length=500)


def shorten_schema(schema: dict[str, Any]) -> None:
    """Leave out most defaults and all limits: clients pay for every byte of the list."""
    for name, part in schema["properties"].items():
        if name != "timeout_s":
            part.pop("default", None)
        for limit in LIMITS:
            part.pop(limit, None)
        if isinstance(part.get("items"), dict):
            part["items"].pop("maxLength", None)
    schema["properties"]["timeout_s"]["description"] = "Wall seconds."


def column(description: str) -> Any:
    """A field of numbers and nulls, or of column names."""
    return Field(default=[], max_length=MOST_INLINE, description=description)


type Column = Annotated[list[Any], WithJsonSchema({"type": "array", "items": {}})]
type Parameters = Annotated[dict[str, Parameter], WithJsonSchema({"type": "object"})]


class FitCurveAsk(RunsCode):
    """Fit a model to data by least squares; needs no start.

    Global; names what the data cannot determine; intervals, plot, scipy code.
    """

    model_config = ConfigDict(json_schema_extra=shorten_schema)

    model: str = Field(
        min_length=1,
        max_length=20_000,
        description="'a*exp(-k*x)', library 'gaussian+linear', Python f(x, *params).",
    )
    x: Column = column("Numbers, or column names.")
    y: Column = column("Numbers, null: missing.")
    sigma: Column = column("SD of y.")
    sigma_kind: Literal["", "absolute", "relative"] = Field(
        default="", description="Needed with sigma."
    )
    x_sigma: Column = column("SD of x.")
    data: str = Field(default="", max_length=2**26, description="CSV, or name in files.")
    files: tuple[str, ...] = Field(default=(), max_length=32, description="Paths or URIs.")
    params: Parameters = Field(default={}, description="name: {start, min, max, fixed, tied}.")
    loss: Literal["linear", "soft_l1", "huber", "cauchy", "arctan"] = Field(
        default="linear", description="Robust to outliers."
    )
    search: bool = Field(default=True, description="False: start only.")
    compare: list[Annotated[str, Field(max_length=20_000)]] = Field(
        default=[], max_length=8, description="Other models."
    )
    group: str = Field(default="", max_length=200, description="Column naming the set.")
    shared: list[str] = Field(default=[], max_length=100, description="Common parameters.")
    predict_at: list[float] = Field(default=[], max_length=20, description="x for bands.")
    x_label: str = Field(default="", max_length=100, description="As 'time / s'.")
    y_label: str = Field(default="", max_length=100, description="Axis.")
    x64: bool = Field(default=True, description="Always.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Of search.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse what no data could make good."""
        if self.sigma and not self.sigma_kind:
            raise ValueError(
                "sigma_kind is required with sigma: 'absolute' if sigma is the true standard "
                "deviation, 'relative' if only its ratios are known"
            )
        n = sum(len(column) for column in (self.x, self.y, self.sigma, self.x_sigma))
        if n > MOST_INLINE:
            raise ValueError(
                f"{n} numbers inline, at most {MOST_INLINE} are taken; give them as CSV in data "
                "or as a file in files"
            )
        if (self.shared or self.group) and not self.data:
            raise ValueError("group and shared need data, with a column that names the data set")
        if self.shared and not self.group:
            raise ValueError("shared needs group, the column that names the data set of each row")
        if not self.data and not self.y:
            raise ValueError("give x and y, or data with x and y naming its columns")
        if any(not math.isfinite(at) for at in self.predict_at):
            raise ValueError("predict_at takes finite numbers")
        return self


class Reason(Part):
    """Why the answer is not plain "ok", and what to do."""

    code: Code
    message: str
    parameter: str | None = None
    fix: str


class Estimate(Part):
    """One parameter; se null: the data do not determine it, or it was not fitted."""

    name: str
    value: Finite
    se: Finite | None
    ci_low: Finite | None
    ci_high: Finite | None
    ci_method: Literal["t", "profile"]
    p_zero: Finite | None
    at_bound: bool
    identifiable: bool
    unit: str | None


class Correlation(Part):
    """Two estimates with |r| > 0.9."""

    a: str
    b: str
    r: Finite


class Goodness(Part):
    """rss is unweighted, chi2_reduced weighted."""

    n: int
    n_parameters: int
    dof: int
    rss: Finite
    rmse: Finite
    chi2_reduced: Finite | None
    p_chi2: Finite | None
    r2: Finite | None
    adj_r2: Finite | None
    aic: Finite | None
    aicc: Finite | None
    bic: Finite | None


class Residuals(Part):
    """Tests of the residuals in order of x; rows are counted from 0."""

    runs_p: Finite | None
    durbin_watson: Finite | None
    normality_p: Finite | None
    n_outliers: int
    outlier_rows: tuple[int, ...]


class Search(Part):
    """How sure it is that no better optimum was missed."""

    starts: int
    agreed: int
    next_best_rss_ratio: Finite | None
    equivalences: tuple[str, ...]


class Prediction(Part):
    """95 % bands of the curve and of a new observation."""

    x: Finite
    y: Finite
    confidence_low: Finite | None
    confidence_high: Finite | None
    prediction_low: Finite | None
    prediction_high: Finite | None


class Compared(Part):
    """One model of `compare`; weight null: it could not be fitted."""

    model: str
    aicc: Finite | None
    weight: Finite | None


class SolverFacts(Part):
    """How the numbers were reached."""

    engine: str
    iterations: int
    condition: Finite | None
    compile_s: Finite
    solve_s: Finite
    digits_estimate: Finite


type Terse[T] = Annotated[T, WithJsonSchema({"type": "object"})]
"""Checked in full, described in short: each client pays for every byte of the list of tools."""


class FitCurveResult(Part):
    """The fit; lists are empty and parts null where it was refused."""

    reasons: tuple[Terse[Reason], ...] = ()
    model: str = ""
    expression: str = ""
    parameters: tuple[Estimate, ...] = ()
    correlations: tuple[Terse[Correlation], ...] = ()
    fit: Annotated[Goodness | None, WithJsonSchema(OBJECT_OR_NULL)] = None
    residuals: Annotated[Residuals | None, WithJsonSchema(OBJECT_OR_NULL)] = None
    search: Annotated[Search | None, WithJsonSchema(OBJECT_OR_NULL)] = None
    prediction: tuple[Terse[Prediction], ...] = ()
    comparison: tuple[Terse[Compared], ...] = ()
    solver: Annotated[SolverFacts | None, WithJsonSchema(OBJECT_OR_NULL)] = None
    code: str = ""


class FitCurveAnswer(Answer):
    """Parameters with what is known about their errors, and reasons to doubt them."""

    status: Literal["ok", "warn", "refused", "running"]
    result: FitCurveResult | None = None


TOOL = Tool[FitCurveAsk, FitCurveAnswer](
    name="fit_curve",
    title="Fit a curve",
    ask=FitCurveAsk,
    answer=FitCurveAnswer,
    work="jax_workbench.tools.fit_curve.work:run",
    reuses_compiled=True,
    bad_statuses=frozenset({"refused"}),
)
