"""The new state that apply_gradients gives is not taken, or the gradients are given by position.

## Why is this bad?
A TrainState does not change: without the assignment nothing is learnt. Its gradients are taken by
keyword only: TypeError.

## Use instead
`state = state.apply_gradients(grads=grads)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call, Discard, Event
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report gradients by position."""
    if not is_of_flax(event) or event.has_star or event.has_double_star:
        return
    if event.method == "apply_gradients" and event.args and "grads" not in event.kwargs:
        yield Found(
            event.node,
            "apply_gradients takes its gradients by keyword: TypeError. Write"
            " state.apply_gradients(grads=grads).",
        )


def check_discarded(event: Discard) -> Iterator[Found]:
    """Report the call as a statement."""
    call = event.node.value
    if not isinstance(call, ast.Call) or event.is_last or not is_of_flax(event):
        return
    if isinstance(call.func, ast.Attribute) and call.func.attr == "apply_gradients":
        yield Found(
            call,
            "apply_gradients returns a new state, and nobody takes it: nothing is learnt. Write"
            " state = state.apply_gradients(...).",
        )


def is_of_flax(event: Event) -> bool:
    """Whether the text has Flax's train states."""
    return event.lint.facts.mentions("TrainState", "train_state")


RULE = Rule(
    "FLX107",
    "train-state-misused",
    "error",
    ((Call, check), (Discard, check_discarded)),
    confirm="none",
    calls=(".apply_gradients",),
    page=__doc__ or "",
)
