"""What restore gives is not taken.

## Why is this bad?
The tree that is passed tells only structure and types: it is not filled, and the old values stay.

## Use instead
`state = checkpointer.restore(path, state)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Discard
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Discard) -> Iterator[Found]:
    """Report restores as statements."""
    call, owner = event.node.value, event.value.parent
    if event.value.op != ".restore()" or owner is None or event.is_last or is_guarded(event):
        return
    has_tree = isinstance(call, ast.Call) and len(call.args) + len(call.keywords) > 1
    if has_tree and owner.constructor.startswith("orbax.checkpoint."):
        yield Found(
            call,
            "restore returns the tree, and nobody takes it: the values in memory stay as they were."
            " Assign the result.",
        )


RULE = Rule(
    "ORB106",
    "restored-not-taken",
    "error",
    ((Discard, check),),
    confirm="none",
    page=__doc__ or "",
)
