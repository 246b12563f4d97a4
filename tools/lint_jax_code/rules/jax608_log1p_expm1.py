"""log(1 + x) or exp(x) - 1 is written out.

## Why is this bad?
For small x all digits of x are lost in 1 + x.

## Use instead
jnp.log1p, jnp.expm1.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report log(1 + x)."""
    if event.name != "jax.numpy.log" or not event.args:
        return
    value = event.args[0]
    if value.op == "Add" and any(a.is_number and a.const == 1 for a in value.args):
        yield Found(event.node, "Small x is lost in 1 + x. Use jnp.log1p(x).")


def check_difference(event: Binary) -> Iterator[Found]:
    """Report exp(x) - 1."""
    is_one = event.right.is_number and event.right.const == 1
    if isinstance(event.operator, ast.Sub) and is_one and event.left.op == "jax.numpy.exp":
        yield Found(event.node, "Small x is lost in exp(x) - 1. Use jnp.expm1(x).")


RULE = Rule(
    "JAX608",
    "log1p-expm1",
    "info",
    (
        (Call, check),
        (Binary, check_difference),
    ),
    confirm="none",
    calls=("jax.numpy.log",),
    page=__doc__ or "",
)
