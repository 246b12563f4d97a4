"""A loop saves to one path again and again.

## Why is this bad?
A checkpointer refuses a folder that is there: ValueError in the second turn.

## Use instead
`force=True` to replace it, or a path with the step in it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.values import Value

WRITERS = frozenset(
    (
        "orbax.checkpoint.StandardCheckpointer",
        "orbax.checkpoint.PyTreeCheckpointer",
        "orbax.checkpoint.AsyncCheckpointer",
        "orbax.checkpoint.Checkpointer",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report a save whose path is the same value in the second turn."""
    owner, path = event.owner, event.argument(0, "directory")
    if owner is None or owner.constructor not in WRITERS or event.method != "save":
        return
    if path is None or not event.frame.loops or event.frame.guards or is_guarded(event):
        return
    before: dict[object, Value] = event.lint.scratch.setdefault("ORB105", {})
    is_same = before.get(event.node) is path
    before[event.node] = path
    if is_same and "force" not in event.kwargs and not event.lint.facts.mentions("rmtree"):
        yield Found(
            event.node,
            "Every turn saves to the same path, and a folder that is there is refused: ValueError."
            " Give force=True, or a path with the step in it.",
        )


RULE = Rule(
    "ORB105",
    "save-over-itself",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".save",),
    page=__doc__ or "",
)
