"""A method of a checkpointer is awaited.

## Why is this bad?
save and its kin return None at once: TypeError, None can't be awaited.

## Use instead
No await; `wait_until_finished()` afterwards.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Await, Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

CHECKPOINTERS = frozenset(
    (
        "orbax.checkpoint.AsyncCheckpointer",
        "orbax.checkpoint.StandardCheckpointer",
        "orbax.checkpoint.CheckpointManager",
        "orbax.checkpoint.PyTreeCheckpointer",
    )
)


def check(event: Await) -> Iterator[Found]:
    """Report awaited saves."""
    owner = event.value.parent
    methods = {".save()", ".restore()", ".wait_until_finished()"}
    if event.value.op in methods and owner is not None and owner.constructor in CHECKPOINTERS:
        edit = replaced(event.lint, event.node, event.lint.text(event.node.value))
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.value)}` is no coroutine: TypeError. Drop await.",
            fix=Fix("safe", "Drop await", (edit,)),
        )


def check_wait(event: Call) -> Iterator[Found]:
    """Report waits for what has saved when it returns."""
    owner = event.owner
    is_done = owner is not None and owner.constructor == "orbax.checkpoint.PyTreeCheckpointer"
    if is_done and event.method == "wait_until_finished":
        yield Found(
            event.node,
            "A PyTreeCheckpointer has saved when save returns, and has no wait_until_finished:"
            " AttributeError. Drop the line.",
        )


RULE = Rule(
    "ORB102",
    "await-sync-api",
    "error",
    ((Await, check), (Call, check_wait)),
    confirm="run",
    instead_of=("ORB101",),
    page=__doc__ or "",
)
