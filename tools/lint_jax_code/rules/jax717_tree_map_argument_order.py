"""jax.tree.map gets the tree before the function.

## Why is this bad?
The function comes first: TypeError, the tree is not callable.

## Use instead
`jax.tree.map(f, tree)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report a function in the second place and none in the first."""
    if event.name != "jax.tree.map" or len(event.args) != 2 or event.has_star:
        return
    first, second = event.args
    if second.kind not in {"function", "transformed"} or first.kind not in {
        "dict",
        "list",
        "tuple",
        "array",
        "pytree",
    }:
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
