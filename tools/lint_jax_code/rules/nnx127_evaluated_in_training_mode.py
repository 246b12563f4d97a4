"""A module with Dropout or BatchNorm is evaluated in training mode.

## Why is this bad?
A module is made in training mode: Dropout drops at random, BatchNorm normalises by the batch and
changes its averages. What is measured differs from call to call.

## Use instead
`model.eval()` before, `model.train()` after; or `nnx.view(model, deterministic=True)`.
"""

import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.nnx import everything_in, is_module, word_of
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

EVALUATION = re.compile(r"^_*(eval|evaluat|valid|predict|infer|test_(step|loss|accuracy))")
SWITCHES = ("deterministic", "use_running_average")
MODES = ("eval", "view", "set_attributes", "set_mode", "with_attributes", *SWITCHES)
"""Names of what takes modules out of training mode."""


def check(event: Call) -> Iterator[Found]:
    """Report calls of modules in functions that evaluate, where nothing changes the mode."""
    function = event.frame.root.function
    if function is None or EVALUATION.match(function.name.lower()) is None:
        return
    if not is_module(event.callee) or event.kwargs or is_guarded(event):
        return
    if event.lint.facts.mentions(*MODES):
        return
    layer = next((word_of(part) for part in everything_in(event.callee) if is_active(part)), None)
    if layer is not None:
        yield Found(
            event.node,
            f"The module holds a {layer} and is in training mode, as nothing calls .eval(): what"
            f" `{function.name}` gives differs from call to call. Call model.eval() before.",
        )


def is_active(part: Value) -> bool:
    """Whether it is a layer that does another thing in training."""
    return word_of(part) in {"Dropout", "BatchNorm"} and not set(SWITCHES) & set(part.kwargs)


RULE = Rule(
    "NNX127",
    "evaluated-in-training-mode",
    "warning",
    ((Call, check),),
    confirm="none",
    page=__doc__ or "",
)
