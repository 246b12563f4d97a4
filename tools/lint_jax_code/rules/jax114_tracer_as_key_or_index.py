"""A traced value indexes a Python list, tuple or dict.

## Why is this bad?
Python containers need an integer or a hashable key; a tracer raises TracerIntegerConversionError
or TypeError.

## Use instead
A jnp array as the table, or jax.lax.switch to choose among branches.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Index
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Index) -> Iterator[Found]:
    """Report subscripts of Python containers by traced values."""
    base = event.base
    if base.kind not in {"list", "tuple", "dict"} or not is_traced(event, event.index):
        return
    if base.kind == "dict" and base.op == "passed":
        return
    raised = "TypeError, unhashable" if base.kind == "dict" else "TracerIntegerConversionError"
    yield Found(
        event.node,
        f"`{shown(event.lint, event.node.slice)}` is traced and can't index a Python"
        f" {base.kind}: {raised}. Make the table a jnp array, or use lax.switch.",
    )


RULE = Rule(
    "JAX114",
    "tracer-as-key-or-index",
    "error",
    ((Index, check),),
    confirm="trace",
    page=__doc__ or "",
)
