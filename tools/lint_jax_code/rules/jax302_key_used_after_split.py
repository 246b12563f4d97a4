"""A random key is used after it was split.

## Why is this bad?
The children are derived from the parent: using both gives correlated numbers, and a second split
gives the same children.

## Use instead
Rebind: `key, sub = jax.random.split(key)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, key_name
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Consume) -> Iterator[Found]:
    """Report uses after split."""
    earlier = event.earlier
    if earlier is None or event.by_repetition or earlier.by != "jax.random.split":
        return
    name = key_name(event)
    yield Found(
        event.node,
        f"`{name}` was split on line {event.lint.line(earlier.node)} and is used again: the numbers"
        " repeat. Rebind it: key, sub = jax.random.split(key).",
        related=((earlier.node, "used here before"),),
        severity="info" if is_test_file(event.lint) else None,
    )


RULE = Rule(
    "JAX302",
    "key-used-after-split",
    "error",
    ((Consume, check),),
    confirm="key_reuse",
    page=__doc__ or "",
)
