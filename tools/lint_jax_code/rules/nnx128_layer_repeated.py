"""A list that holds one layer is multiplied.

## Why is this bad?
It holds the same layer several times: all places share its parameters.

## Use instead
`[nnx.Linear(n, n, rngs=rngs) for _ in range(depth)]`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.linen import is_linen
from jax_workbench.tools.lint_jax_code.engine.nnx import is_module
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Binary) -> Iterator[Found]:
    """Report `[layer] * n`, on either side."""
    if not isinstance(event.operator, ast.Mult) or not isinstance(event.node, ast.BinOp):
        return
    for value, times in ((event.left, event.right), (event.right, event.left)):
        if holds_new_layers(value) and times.const not in {0, 1}:
            yield Found(
                event.node,
                f"`{shown(event.lint, event.node)}` holds the same layer several times, with one"
                " set of parameters. Make each in a comprehension.",
            )


def holds_new_layers(value: Value) -> bool:
    """Whether it is a list of layers that are made right there."""
    if value.kind not in {"list", "tuple"} or not value.items:
        return False
    return all(
        isinstance(item.node, ast.Call) and (is_module(item) or is_linen(item))
        for item in value.items
    )


RULE = Rule(
    "NNX128",
    "layer-repeated",
    "warning",
    ((Binary, check),),
    confirm="none",
    page=__doc__ or "",
)
