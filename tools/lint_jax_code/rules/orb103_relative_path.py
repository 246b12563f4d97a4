"""A checkpoint gets a relative path.

## Why is this bad?
Orbax needs an absolute one: ValueError, with asynchronous saves only in the background.

## Use instead
`os.path.abspath(path)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

CHECKPOINTERS = frozenset(
    (
        "orbax.checkpoint.AsyncCheckpointer",
        "orbax.checkpoint.StandardCheckpointer",
        "orbax.checkpoint.CheckpointManager",
        "orbax.checkpoint.PyTreeCheckpointer",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report relative literals as paths."""
    owner = event.owner
    is_method = (
        event.method in {"save", "restore"}
        and owner is not None
        and (owner.constructor in CHECKPOINTERS - {"orbax.checkpoint.CheckpointManager"})
    )
    if not is_method and event.name != "orbax.checkpoint.CheckpointManager":
        return
    value, node = event.argument(0, "directory"), event.argument_node(0, "directory")
    path = value.const if value is not None else None
    if (
        isinstance(path, str)
        and node is not None
        and not path.startswith("/")
        and ("://" not in path)
    ):
        edit = replaced(event.lint, node, f"os.path.abspath({event.lint.text(node)})")
        yield Found(
            node,
            f"{path!r} is relative, and orbax needs an absolute path: ValueError.",
            fix=Fix("safe", "Make it absolute", (edit,), ("import os",)),
        )


RULE = Rule(
    "ORB103",
    "relative-path",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
