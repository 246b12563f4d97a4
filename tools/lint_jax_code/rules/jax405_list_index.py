"""A list indexes a JAX array.

## Why is this bad?
NumPy takes a list for an integer array; JAX refuses it: TypeError.

## Use instead
`x[jnp.array([0, 2])]`; a tuple would mean one index for each axis.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Index
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Index) -> Iterator[Found]:
    """Report lists as indices of proven arrays."""
    base = event.base.parent if event.is_at else event.base
    if base is None or base.kind != "array" or event.index.kind != "list" or is_guarded(event):
        return
    node = event.node.slice
    fix = None
    if isinstance(node, ast.List):
        edit = replaced(event.lint, node, f"jnp.array({event.lint.text(node)})")
        fix = Fix("safe", "Use an array", (edit,), ("import jax.numpy as jnp",))
    yield Found(
        node,
        f"A JAX array can't be indexed by the list `{shown(event.lint, node)}`: TypeError. Use"
        " jnp.array of it.",
        fix=fix,
    )


RULE = Rule(
    "JAX405",
    "list-index",
    "error",
    ((Index, check),),
    confirm="trace",
    page=__doc__ or "",
)
