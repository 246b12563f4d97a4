"""train_tiny_model: whether a model learns, how well, and what is wrong if it doesn't.

The server reads this.
"""

import math
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field, model_validator

from jax_workbench.tools.common.lean_arguments import between
from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

FINDING_CODES = frozenset(
    (
        "broadcast_loss",
        "updates_lost",
        "untrained_parameters",
        "labels_out_of_range",
        "nan_in_data",
        "nonfinite_loss",
        "loss_overflow",
        "learning_rate_too_high",
        "learning_rate_too_low",
        "dead_units",
        "double_softmax",
        "bad_init",
        "overfitting",
        "split_leakage",
        "zero_gradient_layer",
        "low_precision",
        "out_of_memory",
        "slow_conv_loop",
    )
)
"""What a finding may be called; clients branch on these words."""

N_CURVE = 50


def is_known(code: str) -> str:
    """Refuse a finding that the contract does not name."""
    if code not in FINDING_CODES:
        raise ValueError(f"{code!r} is no finding's code")
    return code


def by_its_name(schema: dict[str, Any]) -> None:
    """Leave out of the schema what the argument's name says: every call pays for each byte."""
    schema.pop("description", None)
    shortly(schema)


def shortly(schema: dict[str, Any]) -> None:
    """Leave out of the schema what says nothing: that empty is the default."""
    for part in (schema, schema.get("items", {})):
        part.pop("additionalProperties", None)
    if not schema.get("default"):
        schema.pop("default", None)


class TrainTinyModelAsk(RunsCode):
    """Train a small model; say whether it learns, how well, and what is wrong if not.

    Split, score and baseline are the tool's own; faults come as findings with evidence.
    """

    timeout_s: Annotated[float, AfterValidator(between(1, 600))] = Field(
        default=60, description="Wall seconds of the call.", json_schema_extra=by_its_name
    )
    seed: Annotated[int, AfterValidator(between(0, 2**32 - 1))] = Field(
        default=0, description="Of weights and batches.", json_schema_extra=by_its_name
    )
    x64: bool = Field(default=False, description="64-bit floats.", json_schema_extra=by_its_name)
    model: str = Field(
        default="mlp",
        max_length=40,
        description="mlp, cnn, transformer_lm, autoencoder, diffusion, pinn, bnn, custom",
    )
    code: str = Field(
        default="",
        max_length=100_000,
        description="custom: class Model(nnx.Module); optional loss_fn(model, (x, y)), train_step, "
        "make_data(seed), make_optimizer()",
        json_schema_extra=shortly,
    )
    dataset: str = Field(
        default="digits",
        max_length=100_000,
        description="iris, moons, text (a wrong name lists all), CSV, file",
    )
    task: str = Field(
        default="",
        max_length=80,
        description="classification, regression, or the name of the target column.",
        json_schema_extra=by_its_name,
    )
    mode: Literal["train", "check", "compare", "lr_find"] = Field(
        default="train", description="What to do.", json_schema_extra=by_its_name
    )
    steps: Annotated[int, AfterValidator(between(0, 10**6))] = Field(
        default=0, description="0: chosen.", json_schema_extra=by_its_name
    )
    epochs: Annotated[float, AfterValidator(between(0, 10**5))] = Field(
        default=0, description="Instead of steps.", json_schema_extra=by_its_name
    )
    batch_size: Annotated[int, AfterValidator(between(0, 10**5))] = Field(
        default=0, description="0: chosen.", json_schema_extra=by_its_name
    )
    optimizer: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="name, learning_rate, schedule, warmup_steps, weight_decay, clip_norm, ema",
        json_schema_extra=shortly,
    )
    loss: str = Field(
        default="",
        max_length=40,
        description="cross_entropy, mse, huber.",
        json_schema_extra=by_its_name,
    )
    metric: str = Field(
        default="",
        max_length=40,
        description="Empty: by the targets.",
        json_schema_extra=by_its_name,
    )
    val_fraction: Annotated[float, AfterValidator(between(0.02, 0.8))] = Field(
        default=0.25, description="Of what is no test.", json_schema_extra=by_its_name
    )
    split_seed: Annotated[int, AfterValidator(between(0, 2**32 - 1))] = Field(
        default=0, description="Of the split.", json_schema_extra=by_its_name
    )
    early_stopping: bool = Field(
        default=True, description="Stop when validation stalls.", json_schema_extra=by_its_name
    )
    resume: str = Field(
        default="", max_length=300, description="Checkpoint URI", json_schema_extra=shortly
    )
    configs: tuple[dict[str, Any], ...] = Field(
        default=(),
        max_length=12,
        description="compare: what differs",
        json_schema_extra=shortly,
    )
    samples: Annotated[int, AfterValidator(between(0, 16))] = Field(
        default=0, description="How many are shown.", json_schema_extra=by_its_name
    )
    time_budget_s: Annotated[float, AfterValidator(between(1, 600))] = Field(
        default=60, description="Then stop with the best.", json_schema_extra=by_its_name
    )
    files: tuple[str, ...] = Field(
        default=(), max_length=16, description="Paths.", json_schema_extra=by_its_name
    )

    @model_validator(mode="before")
    @classmethod
    def with_checkpoint(cls, given: Any) -> Any:
        """Read a checkpoint that is named by its URI among the files."""
        if not isinstance(given, dict):
            return given
        arguments = cast("dict[str, Any]", given)
        resume = arguments.get("resume")
        if not isinstance(resume, str) or not resume.startswith("workbench:"):
            return arguments
        given_files = arguments.get("files", ())
        if not isinstance(given_files, list | tuple):
            return arguments
        files = tuple(cast("list[Any]", given_files))
        return {**arguments, "files": files if resume in files else (*files, resume)}


class Score(Part):
    """How well it does on each part of the data; the interval (95 %) is of the test value."""

    name: str
    train: Finite | None = None
    validation: Finite | None = None
    test: Finite | None = None
    ci_low: Finite | None = None
    ci_high: Finite | None = None
    baseline: Finite | None = None


class CurvePoint(Part):
    """One point of the learning curve."""

    step: int
    train_loss: Finite | None
    val_loss: Finite | None
    learning_rate: Finite | None


def are_numbers(spread: dict[str, Any]) -> dict[str, Any]:
    """Refuse what JSON cannot carry as a number; null stands for none."""
    bad = [k for k, v in spread.items() if v is not None and not math.isfinite(v)]
    if bad:
        raise ValueError(f"{bad} are not finite")
    return spread


Spread = Annotated[dict[str, Any], AfterValidator(are_numbers)]
"""Quantiles over the steps: p10, median, p90, and first_tenth, the median of the first tenth."""


class Parameters(Part):
    """Numbers of weights."""

    trainable: int
    total: int
    by_layer: dict[str, int]


class Check(Part):
    """One thing looked at before the run."""

    code: str
    ok: bool
    text: str


class Finding(Part):
    """What is wrong, where, how it shows, and the one thing to do."""

    code: Annotated[str, AfterValidator(is_known)]
    step: int | None = None
    layer: str | None = None
    line: int | None = None
    evidence: str
    fix: str


class TrainTinyModelResult(Part):
    """What training showed; null where a mode or a model has no such thing."""

    metric: Score
    init_loss: Finite | None = None
    expected_init_loss: Finite | None = None
    final_loss: Finite | None = None
    best_step: int | None = None
    steps: int = 0
    curve: tuple[CurvePoint, ...] = ()
    gradients: Spread = Field(default_factory=dict[str, Any])
    update_ratio: Spread = Field(default_factory=dict[str, Any])
    parameters: Parameters | None = None
    flops_per_step: Finite | None = None
    steps_per_s: Finite | None = None
    compile_s: Finite | None = None
    run_s: Finite | None = None
    memory_predicted_bytes: int | None = None
    memory_measured_bytes: int | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    configs: tuple[dict[str, Any], ...] = ()
    samples: tuple[Any, ...] = ()
    details: dict[str, Any] = Field(default_factory=dict[str, Any])


class TrainTinyModelAnswer(Answer):
    """The verdict on a training run."""

    status: Literal[
        "converged",
        "still_improving",
        "no_learning",
        "diverged",
        "overfitting",
        "stopped_by_budget",
        "failed_checks",
        "compared",
        "lr_found",
        "running",
    ]
    result: TrainTinyModelResult | None = None


TOOL = Tool(
    name="train_tiny_model",
    title="Train a tiny model",
    ask=TrainTinyModelAsk,
    answer=TrainTinyModelAnswer,
    plan="jax_workbench.tools.train_tiny_model.plan:plan",
    reuses_compiled=True,
    bad_statuses=frozenset({"no_learning", "diverged", "overfitting", "failed_checks"}),
)
