"""A checkpoint is saved in the background and never waited for.

## Why is this bad?
The program may end, or read the folder, before the checkpoint is there.

## Use instead
`wait_until_finished()` after the last save, or a with block.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call, ModuleEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

ASYNCHRONOUS = frozenset(
    (
        "orbax.checkpoint.AsyncCheckpointer",
        "orbax.checkpoint.StandardCheckpointer",
        "orbax.checkpoint.CheckpointManager",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Remember saves by a name of this scope."""
    owner, func = event.owner, event.node.func
    is_named = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
    if event.method == "save" and is_named and owner is not None:
        entered = any(value is owner for value, _ in event.frame.contexts)
        if owner.constructor in ASYNCHRONOUS and not entered:
            event.lint.scratch["ORB101"] = event.node
    return iter(())


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report the last save of a file that waits nowhere."""
    save = event.lint.scratch.get("ORB101")
    waits = {"wait_until_finished", "close", "restore", "check_for_errors"}
    if save is not None and not waits & event.lint.facts.attributes:
        yield Found(
            save,
            "The save runs in the background, and nothing waits for it: the checkpoint may be"
            " incomplete. Call wait_until_finished().",
        )


RULE = Rule(
    "ORB101",
    "async-save-not-awaited",
    "error",
    (
        (Call, check),
        (ModuleEnd, check_end),
    ),
    confirm="none",
    page=__doc__ or "",
)
