"""A loop uses the same random key in every turn.

## Why is this bad?
Each turn draws the same numbers; nothing is raised.

## Use instead
Split into one key a turn and iterate over them, or `jax.random.fold_in(key, i)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Consume) -> Iterator[Found]:
    """Report uses that repeat themselves."""
    earlier = event.earlier
    if earlier is None or not event.by_repetition:
        return
    name = key_name(event)
    yield Found(
        event.node,
        f"`{name}` is the same in every turn, and so are the numbers. Split it before the loop, or"
        " use fold_in with the turn's number.",
        related=((earlier.node, "used here before"),),
        severity="info" if is_test_file(event.lint) else None,
    )


def key_name(event: Consume) -> str:
    """How the key is written here, if it is an argument of a call."""
    if isinstance(event.node, ast.Call) and event.node.args:
        return shown(event.lint, event.node.args[0])
    return "the key"


RULE = Rule(
    "JAX303",
    "key-reuse-in-loop",
    "error",
    ((Consume, check),),
    confirm="key_reuse",
    page=__doc__ or "",
)
