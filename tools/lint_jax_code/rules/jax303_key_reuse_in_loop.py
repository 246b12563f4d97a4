"""A loop uses the same random key in every turn.

## Why is this bad?
Each turn draws the same numbers; nothing is raised.

## Use instead
Split into one key a turn and iterate over them, or `jax.random.fold_in(key, i)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, key_name
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Consume) -> Iterator[Found]:
    """Report uses that repeat themselves."""
    earlier = event.earlier
    if earlier is None or not event.by_repetition or is_one_order_for_all(event):
        return
    name = key_name(event)
    yield Found(
        event.node,
        told(event, name),
        related=((earlier.node, "used here before"),),
        severity="info" if is_test_file(event.lint) else None,
    )


def told(event: Consume, name: str) -> str:
    """What repeats the use: a loop, or the calls of a method whose object keeps one key."""
    if name.startswith("self.") and not event.frame.in_loop:
        return (
            f"`{name}` is the same in every call, and so are the numbers. Store a new key with the"
            f" draw: `{name}, key = jax.random.split({name})`."
        )
    return (
        f"`{name}` is the same in every turn, and so are the numbers. Split it before the loop, or"
        " use fold_in with the turn's number."
    )


def is_one_order_for_all(event: Consume) -> bool:
    """Whether several arrays are meant to be shuffled alike: one permutation for each of them."""
    call = event.node
    is_shuffle = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "permutation"
    if not is_shuffle or not isinstance(call, ast.Call) or len(call.args) < 2:
        return False
    name = getattr(call.args[1], "id", "")
    function = event.frame.root.function
    is_leaf = function is not None and [p.arg for p in function.parameters] == [name]
    return is_leaf or (event.frame.is_comprehension and name in event.frame.names)


RULE = Rule(
    "JAX303",
    "key-reuse-in-loop",
    "error",
    ((Consume, check),),
    confirm="key_reuse",
    page=__doc__ or "",
)
