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
    if not has_tree or not owner.constructor.startswith("orbax.checkpoint."):
        return
    if not is_tried(event, call):  # what is tried may be there to show how it fails
        yield Found(
            call,
            "restore returns the tree, and nobody takes it: the values in memory stay as they were."
            " Assign the result.",
        )


def is_tried(event: Discard, call: ast.expr) -> bool:
    """Whether the call stands in the body of a `try`."""
    rows = (
        row for t in ast.walk(event.lint.source.tree) if isinstance(t, ast.Try) for row in t.body
    )
    return any(part is call for row in rows for part in ast.walk(row))


RULE = Rule(
    "ORB106",
    "restored-not-taken",
    "error",
    ((Discard, check),),
    confirm="none",
    page=__doc__ or "",
)
