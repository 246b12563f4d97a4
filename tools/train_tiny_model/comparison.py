"""Mode compare: several configurations on the same rows and seeds. Runs in the worker."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import stats

from jax_workbench.tools.common.guarded_text import shorten
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.first_checks import Looked
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.optimizers import SETTINGS
from jax_workbench.tools.train_tiny_model.session import Outcome, Session

N_SEEDS = 3
MAX_SEEDS = 10
NO_ARGUMENTS = frozenset(("seeds", "name"))
"""What a configuration may say besides arguments."""
OWN = frozenset(("mode", "configs", "timeout_s", "time_budget_s", "files", "resume", "x64", "seed"))
"""Arguments that are the call's, not a configuration's."""

type Floats = NDArray[np.float64]
type Prepare = Callable[[TrainTinyModelAsk], tuple[Session, Looked]]


@dataclass(frozen=True)
class Ran:
    """One configuration over all seeds."""

    config: dict[str, Any]
    outcomes: list[Outcome]
    session: Session
    looked: Looked

    @property
    def values(self) -> Floats:
        """Validation score of each seed: the test rows take no part in a choice."""
        found = [o.score.validation for o in self.outcomes]
        other = [o.score.test for o in self.outcomes]
        chosen = [a if a is not None else b for a, b in zip(found, other, strict=True)]
        return np.array([math.nan if v is None else v for v in chosen])


def asks_of(ask: TrainTinyModelAsk) -> list[tuple[dict[str, Any], TrainTinyModelAsk]]:
    """Each configuration as a call of its own.

    Raises:
        ToolError: `bad_argument` for what cannot differ, or does not exist.
    """
    configs = [*ask.configs] or [{}]
    common: dict[str, Any] = ask.model_dump(mode="json") | {"configs": [], "mode": "train"}
    asks: list[tuple[dict[str, Any], TrainTinyModelAsk]] = []
    for place, config in enumerate(configs):
        own = {key: value for key, value in config.items() if key not in NO_ARGUMENTS}
        if wrong := OWN & set(own):
            raise bad(f"configs[{place}] sets {', '.join(sorted(wrong))}.", "Set it for the call.")
        if "optimizer" in own and isinstance(own["optimizer"], dict):
            own["optimizer"] = {**ask.optimizer, **own["optimizer"]}
        try:
            asks.append((config, TrainTinyModelAsk.model_validate({**common, **own})))
        except ValidationError as error:
            raise refused(f"configs[{place}]", error) from None
    return asks


def refused(where: str, error: ValidationError) -> ToolError:
    """What is wrong with the first argument of a configuration that is, and where it belongs."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    value = json.dumps(first["input"])
    got = shorten(value, 60)
    if first["type"] != "extra_forbidden":
        said = first["msg"].removeprefix("Value error, ")
        return bad(f"{where}.{name}: {said} (got {got}).", "Give it as for a call of its own.")
    fix = "A configuration takes the names of the call's arguments."
    if name in SETTINGS:
        fix = f'It is a setting of the optimizer: {{"optimizer": {{"{name}": {value}}}}}.'
    return bad(f"{where}.{name}: there is no such argument (got {got}).", fix)


def n_seeds_of(configs: Sequence[dict[str, Any]]) -> int:
    """How many seeds each configuration is trained from.

    Raises:
        ToolError: `bad_argument`.
    """
    asked = {config["seeds"] for config in configs if "seeds" in config}
    if len(asked) > 1 or any(type(n) is not int or not 1 <= n <= MAX_SEEDS for n in asked):
        raise bad(
            f"configs: seeds is {sorted(map(str, asked))}.", f"Give one number up to {MAX_SEEDS}."
        )
    return next(iter(asked), N_SEEDS)


def run_all(
    ask: TrainTinyModelAsk, prepare: Prepare, job: Job, left_s: Callable[[], float]
) -> list[Ran]:
    """Train every configuration from every seed, as long as time lasts."""
    asks = asks_of(ask)
    n_seeds = n_seeds_of([config for config, _ in asks])
    prepared = [(config, *prepare(own)) for config, own in asks]
    ran = [Ran(config, [], session, looked) for config, session, looked in prepared]
    total = n_seeds * len(ran)
    for seed in range(ask.seed, ask.seed + n_seeds):
        for place, one in enumerate(ran):
            if one.looked.findings or left_s() <= 0:
                continue
            done = sum(len(r.outcomes) for r in ran)
            job.progress(f"run {done + 1} of {total}: configuration {place}, seed {seed}")
            share = left_s() / max(1, total - done)
            end = left_s() - share
            state = Trained(one.session.program.fresh(seed), seed=seed)
            state = one.session.train(
                state,
                seed=seed,
                left_s=lambda end=end: left_s() - end,
                say=job.progress,
                stops_early=ask.early_stopping,
            )
            one.outcomes.append(one.session.outcome(state, None, []))
    return ran


def row_of(place: int, ran: Ran) -> dict[str, Any]:
    """One configuration in the answer."""
    values = ran.values
    n = len(values)
    mean = float(values.mean()) if n else None
    sd = float(values.std(ddof=1)) if n > 1 else None
    half = float(stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n) if sd is not None else None
    tests = [o.score.test for o in ran.outcomes if o.score.test is not None]
    has_interval = mean is not None and half is not None
    return {
        "place": place,
        "config": ran.config,
        "metric": ran.outcomes[0].score.name if ran.outcomes else None,
        "mean": mean,
        "sd": sd,
        "ci_low": mean - half if has_interval and mean is not None and half is not None else None,
        "ci_high": mean + half if has_interval and mean is not None and half is not None else None,
        "values": [float(v) for v in values],
        "test_mean": float(np.mean(tests)) if tests else None,
        "statuses": [o.verdict for o in ran.outcomes],
        "findings": sorted(
            {f.code for o in ran.outcomes for f in o.findings}
            | {f.code for f in ran.looked.findings}
        ),
        "run_s": float(sum(o.trained.run_s for o in ran.outcomes)),
        "compile_s": ran.session.program.compile_s,
    }


def best_of(ran: Sequence[Ran]) -> int | None:
    """The configuration with the best mean; None where none was trained."""
    means = [(float(r.values.mean()), i) for i, r in enumerate(ran) if len(r.outcomes)]
    means = [(mean, i) for mean, i in means if math.isfinite(mean)]
    if not means:
        return None
    # Of equal ones the first: the caller's own order.
    better = max if is_higher_better(ran[0]) else min
    return better(means, key=lambda pair: pair[0])[1]


def arguments_of(ran: Ran) -> dict[str, Any]:
    """What of a configuration is an argument of a call."""
    return {key: value for key, value in ran.config.items() if key not in NO_ARGUMENTS}


def is_higher_better(ran: Ran) -> bool:
    """The direction of the score."""
    metric = ran.session.problem.metric
    return metric.is_higher_better if metric else False


def difference(best: Ran, other: Ran) -> dict[str, Any]:
    """Paired difference of two configurations over the seeds both have."""
    n = min(len(best.outcomes), len(other.outcomes))
    d = best.values[:n] - other.values[:n]
    d = d[np.isfinite(d)]
    if len(d) < 2:  # noqa: PLR2004 - no scatter
        return {"difference": float(d[0]) if len(d) else None, "ci_low": None, "ci_high": None}
    half = float(stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / math.sqrt(len(d)))
    return {
        "difference": float(d.mean()),
        "ci_low": float(d.mean()) - half,
        "ci_high": float(d.mean()) + half,
    }


def bad(cause: str, next_step: str) -> ToolError:
    """Say that the configurations cannot be compared."""
    return ToolError("bad_argument", cause, next_step)
