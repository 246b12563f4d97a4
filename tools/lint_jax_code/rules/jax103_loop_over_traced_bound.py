"""A Python loop counts to a traced number.

## Why is this bad?
range() needs an integer at tracing time; a tracer raises TracerIntegerConversionError.

## Use instead
`jax.lax.fori_loop`, or a static argument where the count is a setting.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report range() of a traced value."""
    if event.name != "builtins.range":
        return
    for value, node in zip(event.args, event.node.args, strict=False):
        if is_traced(event, value):
            yield Found(
                node,
                f"range({shown(event.lint, node)}) needs a Python integer, and"
                f" `{shown(event.lint, node)}` is traced: TracerIntegerConversionError."
                " Use lax.fori_loop, or make it static.",
            )
            return


def check_repeat(event: Binary) -> Iterator[Found]:
    """Report a list or tuple that is repeated a traced number of times."""
    if not isinstance(event.operator, ast.Mult):
        return
    for one, many in ((event.left, event.right), (event.right, event.left)):
        if one.is_sequence and many.is_array and is_traced(event, many):
            yield Found(
                event.node,
                f"A Python {one.kind} is repeated a Python integer of times, and this number is"
                " traced: TypeError. Use jnp.tile with a static count, or a mask.",
            )
            return


RULE = Rule(
    "JAX103",
    "loop-over-traced-bound",
    "error",
    ((Call, check), (Binary, check_repeat)),
    confirm="trace",
    calls=("builtins.range",),
    page=__doc__ or "",
)
