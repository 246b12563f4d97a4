"""run_mcmc: the posterior of a NumPyro model, and whether its draws can be trusted.

The server reads this.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from jax_workbench.tools.common.lean_arguments import at_most, between, without_default
from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool

REASON_CODES = frozenset(
    (
        "single_chain",
        "nan_log_prob",
        "plate",
        "prior_data_conflict",
        "extreme_scale",
        "float32",
        "broadcast_likelihood",
        "missing_obs",
        "discrete_latent",
        "nan_in_data",
        "obs_outside_support",
        "invalid_parameter",
        "init_failed",
        "model_raised",
        "duplicate_site",
        "high_rhat",
        "low_ess",
        "divergences",
        "max_treedepth",
        "low_ebfmi",
        "multimodal",
        "label_switching",
        "unidentified",
        "improper",
        "support_boundary",
        "heavy_tail",
        "predictor_scale",
        "reparameterise",
    )
)
"""What a reason may be called; clients branch on these words."""


def is_known(code: str) -> str:
    """Refuse a reason that the contract does not name."""
    if code not in REASON_CODES:
        raise ValueError(f"{code!r} is no reason's code")
    return code


Check = Literal["prior_predictive", "posterior_predictive", "loo", "sbc", "prior_sensitivity"]
Method = Literal["nuts", "hmc", "mixed", "ensemble", "svi"]
Init = Literal["uniform", "prior", "median"]
MOVE_APART: frozenset[Method] = frozenset(("nuts", "hmc", "mixed"))
"""Methods whose chains need nothing of each other, so that each device can have its own."""
MAX_DEVICES = 8
MAX_TIMEOUT_S = 600


class RunMcmcAsk(RunsCode):
    """Sample a posterior with NumPyro and say whether the draws can be trusted, and why not.

    For least squares use fit_curve.
    """

    timeout_s: Annotated[float, AfterValidator(between(1, MAX_TIMEOUT_S))] = Field(
        default=60, description="Wall"
    )
    seed: Annotated[int, AfterValidator(between(0, 2**32 - 1))] = Field(
        default=0, description="Of draws", json_schema_extra=without_default
    )
    x64: bool = Field(default=True, description="float64")
    model: Annotated[str, AfterValidator(at_most(100_000))] = Field(
        description="Source of model(**data), or a family (a wrong name lists all)"
    )
    data: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})] = Field(
        default_factory=dict[str, Any], description="By name; 5,000 numbers"
    )
    files: Annotated[tuple[str, ...], AfterValidator(at_most(16))] = Field(
        default=(), description="npz, CSV", json_schema_extra=without_default
    )
    columns: Annotated[str, AfterValidator(at_most(2000))] = Field(
        default="", description="y=height, x", json_schema_extra=without_default
    )
    method: Method = Field(default="nuts", description="mixed: discrete sites")
    num_warmup: Annotated[int, AfterValidator(between(0, 20_000))] = Field(
        default=1000, description="A chain"
    )
    num_samples: Annotated[int, AfterValidator(between(4, 100_000))] = Field(
        default=1000, description="A chain"
    )
    num_chains: Annotated[int, AfterValidator(between(1, 64))] = Field(
        default=4, description="1-64"
    )
    devices: Annotated[int, AfterValidator(between(1, MAX_DEVICES))] = Field(
        default=1,
        description="Simulated, for parallel chains",
        json_schema_extra=without_default,
    )
    target_accept: Annotated[float, AfterValidator(between(0.4, 0.999))] = Field(
        default=0.8, description="NUTS, HMC"
    )
    checks: Annotated[tuple[Check, ...], AfterValidator(at_most(5))] = Field(
        default=(), description="Extra", json_schema_extra=without_default
    )
    init: Init = Field(default="uniform", description="Starts")
    warm_start: Annotated[str, AfterValidator(at_most(255))] = Field(
        default="", description="A draws.npz", json_schema_extra=without_default
    )
    max_seconds: Annotated[float, AfterValidator(between(0, 600))] = Field(
        default=0, description="Then partial", json_schema_extra=without_default
    )

    @model_validator(mode="after")
    def _has_chains_for_its_devices(self) -> Self:
        """Refuse devices that would have nothing to do."""
        if self.devices > 1 and self.method not in MOVE_APART:
            raise ValueError(
                f"devices is {self.devices}, but {self.method} has no chains that move apart; "
                "leave devices out, or use nuts, hmc or mixed"
            )
        if self.num_chains % self.devices:
            raise ValueError(
                f"num_chains is {self.num_chains}, no multiple of the {self.devices} devices; "
                f"take {self.devices * -(-self.num_chains // self.devices)} chains"
            )
        return self


class Reason(Part):
    """What is wrong or doubtful, where, how it shows, and what to do."""

    code: Annotated[str, AfterValidator(is_known)]
    site: str | None = None
    evidence: str
    fix: str


class Parameter(Part):
    """One scalar of the posterior; null where a number does not exist."""

    name: str
    mean: Finite | None = None
    sd: Finite | None = None
    q05: Finite | None = None
    median: Finite | None = None
    q95: Finite | None = None
    ess_bulk: Finite | None = None
    ess_tail: Finite | None = None
    rhat: Finite | None = None
    mcse_mean: Finite | None = None


def is_parameter(estimate: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is not a `Parameter`."""
    return Parameter.model_validate(estimate).model_dump()


Estimate = Annotated[dict[str, Any], AfterValidator(is_parameter)]
"""A `Parameter`, checked as one but not spelled out twice in a schema that is paid by the byte."""


class SamplerStatistics(Part):
    """What the sampler says of its way; null where the method has no such thing."""

    divergences: int | None = None
    divergences_per_chain: tuple[int, ...] = ()
    max_treedepth_fraction: Finite | None = None
    ebfmi: tuple[Finite | None, ...] = ()
    accept_prob: Finite | None = None
    mean_leapfrogs: Finite | None = None
    step_size: Finite | None = None


class Times(Part):
    """Wall seconds by phase."""

    preflight_s: Finite = 0.0
    compile_s: Finite = 0.0
    warmup_s: Finite = 0.0
    sample_s: Finite = 0.0
    ess_per_s: Finite | None = None


class RunMcmcResult(Part):
    """The posterior and its diagnosis."""

    reasons: tuple[Reason, ...]
    parameters: tuple[Estimate, ...]
    unreliable_estimates: tuple[Estimate, ...] | None
    sampler: SamplerStatistics | None
    time: Times
    predictive: dict[str, Any] | None = None
    loo: dict[str, Any] | None = None
    other_checks: dict[str, Any] | None = None
    n_scalars: int
    not_checked: tuple[str, ...]


class RunMcmcAnswer(Answer):
    """The posterior, or why there is none."""

    status: Literal["ok", "warn", "refused", "running"]
    result: RunMcmcResult | None = None


TOOL = Tool(
    name="run_mcmc",
    title="Sample a posterior",
    ask=RunMcmcAsk,
    answer=RunMcmcAnswer,
    work="jax_workbench.tools.run_mcmc.work:run",
    reuses_compiled=True,
    bad_statuses=frozenset({"warn", "refused"}),
)
