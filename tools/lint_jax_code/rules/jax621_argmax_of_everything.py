"""The place of the largest entry of a whole batch is compared with one label a row.

## Why is this bad?
Without axis, argmax counts through the flattened array: one number for all rows.

## Use instead
`jnp.argmax(logits, axis=-1)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Compare
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

FLATTENING = frozenset(("jax.numpy.argmax", "jax.numpy.argmin", ".argmax", ".argmin"))


def check(event: Compare) -> Iterator[Found]:
    """Report equality of an argmax over all axes with a vector."""
    if not isinstance(event.operator, ast.Eq | ast.NotEq) or is_guarded(event):
        return
    for one, other in ((event.left, event.right), (event.right, event.left)):
        if is_flattened(one) and other.kind == "array" and other.shape and one.node is not None:
            yield Found(
                one.node,
                "argmax without axis gives one place in the flattened array, and it is compared"
                f" with {other.shape[0] or 'many'} labels. Give axis=-1.",
            )
            return


def is_flattened(value: Value) -> bool:
    """Whether it is the argmax of an array that has rows, over all of it."""
    if value.op not in FLATTENING or len(value.args) != 1 or "axis" in value.kwargs:
        return False
    shape = value.args[0].shape
    return shape is not None and len(shape) > 1


RULE = Rule(
    "JAX621",
    "argmax-of-everything",
    "warning",
    ((Compare, check),),
    confirm="none",
    page=__doc__ or "",
)
