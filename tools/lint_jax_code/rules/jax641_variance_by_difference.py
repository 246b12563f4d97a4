"""A variance is computed as the difference of two means.

## Why is this bad?
`mean(x**2) - mean(x)**2` subtracts nearly equal numbers: in float32 few digits are left, and the
result may be negative.

## Use instead
`jnp.var(x)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

MEANS = frozenset(("jax.numpy.mean", ".mean"))


def check(event: Binary) -> Iterator[Found]:
    """Report `mean(x**2) - mean(x)**2`."""
    if not isinstance(event.operator, ast.Sub):
        return
    left, right = event.left, event.right
    if left.op not in MEANS or not left.args:
        return
    inner, outer = squared(left.args[0]), squared(right)
    if inner is None or outer is None or outer.op not in MEANS or not outer.args:
        return
    if outer.args[0] is inner:
        yield Found(
            event.node,
            "Two nearly equal numbers are subtracted: few digits are left, and the variance may"
            " be negative. Use jnp.var.",
        )


def squared(value: Value) -> Value | None:
    """What was squared."""
    if value.op == "Pow" and len(value.args) == 2 and value.args[1].const == 2:
        return value.args[0]
    if value.op == "jax.numpy.square" and value.args:
        return value.args[0]
    is_product = value.op == "Mult" and len(value.args) == 2
    return value.args[0] if is_product and value.args[0] is value.args[1] else None


RULE = Rule(
    "JAX641",
    "variance-by-difference",
    "warning",
    ((Binary, check),),
    confirm="none",
    page=__doc__ or "",
)
