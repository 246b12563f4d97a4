"""Arithmetic on small integers that wraps around.

## Why is this bad?
The result keeps the type: 7 - 10 is 253 in uint8, and 100 * 100 is 16 in int8. Nothing is raised.

## Use instead
`.astype(jnp.int32)` or a float type before the operation.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

BYTES = frozenset(("int8", "uint8"))
UNSIGNED = frozenset(("uint8", "uint16"))


def check(event: Binary) -> Iterator[Found]:
    """Report differences of unsigned and products of bytes."""
    left, right = event.left, event.right
    both = {left.dtype, right.dtype}
    if left.kind != "array" or right.kind != "array" or len(both) != 1:
        return
    if is_guarded(event) or is_test_file(event.lint):
        return
    dtype = left.dtype
    is_difference = isinstance(event.operator, ast.Sub) and dtype in UNSIGNED
    is_product = isinstance(event.operator, ast.Mult | ast.MatMult) and dtype in BYTES
    if is_difference or is_product:
        what = "A negative difference" if is_difference else "A product beyond 8 bits"
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` stays {dtype}. {what} wraps around silently."
            " Convert with .astype(jnp.int32) first.",
        )


RULE = Rule(
    "JAX620",
    "narrow-integers-wrap",
    "warning",
    ((Binary, check),),
    confirm="none",
    page=__doc__ or "",
)
