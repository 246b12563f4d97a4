"""An operator is applied to a dtype that it is not defined for.

## Why is this bad?
Booleans have no minus, and integers no negative powers: TypeError.

## Use instead
`^` or `~` for booleans; `x ** -1.0` or `1 / x` for integers.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

INTEGERS = frozenset(("int", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))


def check(event: Binary) -> Iterator[Found]:
    """Report differences of booleans and negative powers of integers."""
    left, right = event.left, event.right
    if left.kind != "array" or is_guarded(event):
        return
    text = shown(event.lint, event.node)
    if isinstance(event.operator, ast.Sub) and right.kind == "array":
        if left.dtype == right.dtype == "bool":
            yield Found(
                event.node, f"`{text}` subtracts booleans: TypeError. Use ^ or cast them first."
            )
    elif isinstance(event.operator, ast.Pow) and is_negative(right) and left.dtype in INTEGERS:
        yield Found(
            event.node,
            f"`{text}` is a negative power of integers: TypeError. Use a float exponent.",
        )


def is_negative(value: Value) -> bool:
    """Whether it is a negative Python integer."""
    return isinstance(value.const, int) and value.const < 0


RULE = Rule(
    "JAX411",
    "operator-refused",
    "error",
    ((Binary, check),),
    confirm="run",
    page=__doc__ or "",
)
