"""The new state of the optimiser is dropped.

## Why is this bad?
Momentum and step counts stay at their start, silently.

## Use instead
`updates, state = tx.update(grads, state)`, and carry the state on.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Unpack
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Unpack) -> Iterator[Found]:
    """Report states that nobody reads."""
    owner = event.value.parent
    if event.value.op != ".update()" or owner is None or len(event.targets) != 2:
        return
    if not owner.constructor.startswith("optax.") or is_test_file(event.lint):
        return
    target = event.targets[1]
    if not isinstance(target, ast.Name) or not is_repeated(event):
        return
    if target.id == "_" or target.id not in event.lint.facts.read:
        yield Found(
            event.node,
            f"The new state goes to `{target.id}`, and nobody reads it: the optimiser starts anew"
            " at every step. Carry the state on.",
        )


def is_repeated(event: Unpack) -> bool:
    """Whether it is a step of training: in a loop, or in a function."""
    return event.frame.in_loop or event.frame.root.function is not None


RULE = Rule(
    "OPX103",
    "opt-state-dropped",
    "error",
    ((Unpack, check),),
    confirm="none",
    page=__doc__ or "",
)
