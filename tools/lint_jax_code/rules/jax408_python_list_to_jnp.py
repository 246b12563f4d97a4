"""A list or tuple is given to a jax.numpy function that takes arrays.

## Why is this bad?
jax.numpy does not convert sequences by itself: TypeError.

## Use instead
`jnp.array(...)` around it.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

NAMES = frozenset(
    (
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "std",
        "var",
        "median",
        "sort",
        "argsort",
        "argmax",
        "argmin",
        "cumsum",
        "cumprod",
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "sqrt",
        "abs",
        "dot",
        "matmul",
        "square",
        "tanh",
        "any",
        "all",
        "transpose",
        "flip",
        "ravel",
        "add",
        "subtract",
        "multiply",
        "divide",
        "power",
        "maximum",
        "minimum",
        "sign",
        "floor",
        "ceil",
        "norm",
    )
)


def check(event: Call) -> Iterator[Found]:
    """Report sequences in an array's place."""
    word = last(event.name)
    if not event.name.startswith("jax.numpy.") or word not in NAMES or is_guarded(event):
        return
    pairs = list(zip(event.args, event.node.args, strict=False))
    for value, node in pairs[: 2 if word in {"dot", "matmul", "add"} else 1]:
        is_proven = bool(value.items) or value.op in {"appended", "comprehension"}
        if value.kind in {"list", "tuple"} and is_proven and value.op != "passed":
            fix = None
            if isinstance(node, ast.List | ast.Tuple):
                edit = replaced(event.lint, node, f"jnp.array({event.lint.text(node)})")
                fix = Fix("safe", "Make it an array", (edit,), ("import jax.numpy as jnp",))
            yield Found(
                node,
                f"jnp.{word} takes arrays, and `{shown(event.lint, node)}` is a Python"
                f" {value.kind}: TypeError. Put jnp.array around it.",
                fix=fix,
            )
            return


RULE = Rule(
    "JAX408",
    "python-list-to-jnp",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
