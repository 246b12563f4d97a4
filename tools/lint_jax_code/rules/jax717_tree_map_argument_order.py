"""jax.tree.map gets the tree before the function.

## Why is this bad?
The function comes first: TypeError, the tree is not callable.

## Use instead
`jax.tree.map(f, tree)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

TREES = frozenset(("dict", "list", "tuple", "array", "pytree"))


def check(event: Call) -> Iterator[Found]:
    """Report a function in the second place and none in the first."""
    if event.name != "jax.tree.map" or len(event.args) < 2 or event.has_star:
        return
    first, second = event.args[:2]
    is_lambda = isinstance(event.node.args[1], ast.Lambda) and first.kind == "unknown"
    is_swapped = second.kind in {"function", "transformed"} and first.kind in TREES
    if not is_swapped and not is_lambda:
        return
    lint, nodes = event.lint, event.node.args
    edits = (
        replaced(lint, nodes[0], lint.text(nodes[1])),
        replaced(lint, nodes[1], lint.text(nodes[0])),
    )
    yield Found(
        event.node,
        "jax.tree.map takes the function first; here it comes second: TypeError.",
        fix=Fix("safe", "Exchange the arguments", edits),
    )


RULE = Rule(
    "JAX717",
    "tree-map-argument-order",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.tree.map",),
    page=__doc__ or "",
)
