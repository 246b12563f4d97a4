"""A vmapped function draws from a key that is not mapped.

## Why is this bad?
Every example of the batch gets the same numbers; nothing is raised.

## Use instead
Split to the batch size and map over the keys.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.keys import age, whole
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import MAPPED


def check(event: Consume) -> Iterator[Found]:
    """Report keys that are older than the mapped function's entry."""
    since = event.frame.root.mapped_since
    key = event.key
    if since < 0 or whole(key).op == "element" or not (0 <= age(key) < since):
        return
    if key.traced >= MAPPED or is_test_file(event.lint):
        return
    yield Found(
        where_it_is_left_out(event) or event.node,
        "The key is shared by the whole batch: every example gets the same numbers. Split it to"
        " the batch size and map over the keys.",
    )


def where_it_is_left_out(event: Consume) -> ast.AST | None:
    """The vmap whose in_axes leave the key out, where the caller passes it."""
    scope = event.frame.root
    is_passed = any(value is event.key for value in scope.names.values())
    for transform in scope.transforms if is_passed else ():
        axes = transform.option("in_axes", 0)
        if axes is not None and axes.items is not None and not transform.is_decorator:
            return transform.node
    return None


RULE = Rule(
    "JAX305",
    "key-shared-across-vmap",
    "error",
    ((Consume, check),),
    confirm="none",
    page=__doc__ or "",
)
