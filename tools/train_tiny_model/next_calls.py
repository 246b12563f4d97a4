"""The calls that would help next, complete but for what is long. Runs in the worker."""

from collections.abc import Sequence
from typing import Any

from jax_workbench.tools.contract import Next
from jax_workbench.tools.train_tiny_model import Finding, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.problem import Recipe

FITS = "A batch of"
"""How the advice begins where a smaller batch fits."""
OF_THE_MODE = {"mode", "configs", "resume"}
HIGHEST, LOWEST_ENOUGH = 1e-2, 3e-3
"""A rate to come down to at most, and one to go up to at most."""


def lower_rate(rate: float) -> float:
    """A rate that should do where `rate` is too high."""
    return float(f"{min(rate / 30, HIGHEST):.1g}")


def higher_rate(rate: float) -> float:
    """A rate that should do where `rate` is too low."""
    return float(f"{min(rate * 100, LOWEST_ENOUGH):.1g}")


def again(ask: TrainTinyModelAsk, why: str, **changed: Any) -> Next:
    """The same call with `changed`; code and data in the call are not sent back, but named."""
    is_inline = "\n" in ask.dataset
    long = {"code", "dataset"} if is_inline else {"code"}
    if "steps" in changed:
        long.add("epochs")
    same = ask.model_dump(mode="json", exclude_defaults=True, exclude=long | OF_THE_MODE)
    words = [word for word, is_sent in (("code", ask.code), ("dataset", is_inline)) if is_sent]
    if words:
        why = f"{why} Send the same {' and '.join(words)}."
    return Next(tool="train_tiny_model", why=why, arguments={**same, **changed})


def next_calls(  # noqa: PLR0911 - one case a line
    status: str, findings: Sequence[Finding], ask: TrainTinyModelAsk, rate: float, steps: int
) -> tuple[Next, ...]:
    """The one call that would help most."""
    codes = [finding.code for finding in findings]
    if "learning_rate_too_high" in codes or "learning_rate_too_low" in codes:
        others = {key: value for key, value in ask.optimizer.items() if key != "learning_rate"}
        better = lower_rate(rate) if "learning_rate_too_high" in codes else higher_rate(rate)
        return (
            again(
                ask,
                "Try this learning rate.",
                optimizer={**others, "learning_rate": better},
            ),
            again(ask, "Find a learning rate by a sweep.", mode="lr_find", optimizer=others),
        )
    if "out_of_memory" in codes:
        return (to_mend(findings[codes.index("out_of_memory")].fix),)
    if "overfitting" in codes:
        decay = {**ask.optimizer, "weight_decay": 0.1}
        return (again(ask, "Regularise more.", optimizer=decay),)
    if findings:
        return (to_mend(f"{findings[0].fix} Send the mended code with the same arguments."),)
    if status == "still_improving":
        return (again(ask, "It is not done.", steps=3 * steps),)
    if status == "stopped_by_budget":
        return (
            again(
                ask,
                "Go on from the checkpoint (resume: its URI).",
                time_budget_s=min(600, 4 * ask.time_budget_s),
                timeout_s=600,
                steps=steps,
            ),
        )
    if status == "no_learning":
        return (again(ask, "See whether it can fit even one batch.", mode="check"),)
    return ()


def in_less_memory(
    findings: Sequence[Finding], ask: TrainTinyModelAsk, fitted: Recipe
) -> tuple[Next, ...]:
    """The same call with the batch that fits; nothing where none does or memory is not short."""
    first = findings[0]
    if first.code != "out_of_memory" or not first.fix.startswith(FITS):
        return ()
    return (
        again(
            ask,
            first.fix,
            mode=ask.mode,
            batch_size=fitted.batch_size,
            steps=fitted.steps,
            optimizer={**ask.optimizer, "accumulate": fitted.accumulate},
        ),
    )


def to_mend(why: str) -> Next:
    """A call whose arguments only the caller can write."""
    return Next(tool="train_tiny_model", why=why)
