"""A CheckpointManager saves or restores without saying how.

## Why is this bad?
A manager that was made without checkpointers takes its items by `args=` only: ValueError.

## Use instead
`manager.save(step, args=ocp.args.StandardSave(state))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report items by position at a manager that has only a folder and options."""
    owner = event.owner
    if owner is None or owner.constructor != "orbax.checkpoint.CheckpointManager":
        return
    is_old = len(owner.args) > 1 or {"checkpointers", "item_names"} & {*owner.kwargs}
    if is_old or event.method != "save" or "args" in event.kwargs:
        return
    if (len(event.args) > 1 or "items" in event.kwargs) and not event.has_star:
        yield Found(
            event.node,
            "This manager takes what it saves by args=: ValueError. Write"
            " save(step, args=ocp.args.StandardSave(state)).",
        )


RULE = Rule(
    "ORB104",
    "manager-save-args",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".save",),
    page=__doc__ or "",
)
