"""A small number is added to a float16 array and rounds to zero.

## Why is this bad?
float16 has nothing between 0 and 6e-8: the guard against division by zero is none.

## Use instead
A larger number (1e-4), or float32 for the division.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

ROUNDS_TO_ZERO = 2.98e-8
HALVES = frozenset(("jax.numpy.float16", "numpy.float16"))


def check(event: Binary) -> Iterator[Found]:
    """Report sums of float16 arrays and tiny literals."""
    if not isinstance(event.operator, ast.Add):
        return
    for one, other in ((event.left, event.right), (event.right, event.left)):
        tiny = other.args[0] if other.op in HALVES and other.args else other
        is_half = one.kind == "array" and one.dtype == "float16" and tiny.is_number
        if is_half and 0 < abs(tiny.const) < ROUNDS_TO_ZERO:
            yield Found(
                event.node,
                f"{tiny.const} is zero in float16: it guards against nothing. Use 1e-4, or"
                " float32.",
            )


RULE = Rule(
    "JAX609",
    "eps-underflow",
    "warning",
    ((Binary, check),),
    confirm="none",
    page=__doc__ or "",
)
