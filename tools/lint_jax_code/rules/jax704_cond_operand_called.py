"""A branch or body is called instead of passed.

## Why is this bad?
Control flow takes functions and calls them itself; what the call returned is no function:
TypeError.

## Use instead
The function, with its operands behind: `lax.cond(p, f, g, x)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

PLACES = {
    "jax.lax.cond": (1, 2),
    "jax.lax.while_loop": (0, 1),
    "jax.lax.fori_loop": (2,),
    "jax.lax.scan": (0,),
    "jax.lax.map": (0,),
    "jax.lax.associative_scan": (0,),
}
NOT_CALLABLE = frozenset(("array", "static", "shape", "tuple", "list", "dict", "numpy", "arrays"))


def check(event: Call) -> Iterator[Found]:
    """Report calls in a function's place."""
    pairs = [(event.argument(n), event.argument_node(n)) for n in PLACES.get(event.name, ())]
    branches = event.argument_node(1) if event.name == "jax.lax.switch" else None
    if isinstance(branches, ast.List | ast.Tuple) and event.args[1].items is not None:
        pairs = list(zip(event.args[1].items, branches.elts, strict=False))
    for value, node in pairs:
        if value is not None and isinstance(node, ast.Call) and value.kind in NOT_CALLABLE:
            yield Found(
                node,
                f"`{shown(event.lint, node)}` is called here and gives a value, and"
                f" {event.name[8:]} needs a function: TypeError. Pass it and its operand.",
            )
            return


RULE = Rule(
    "JAX704",
    "cond-operand-called",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=(*PLACES, "jax.lax.switch"),
    page=__doc__ or "",
)
