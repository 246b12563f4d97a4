"""A float is used as an index or a size.

## Why is this bad?
`/` gives a float even of integers; indices and shapes must be integers: TypeError.

## Use instead
`//`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call, Event, Index
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shapes import SHAPED_CALLS, shape_arguments
from jax_workbench.tools.lint_jax_code.engine.values import Value


def is_quotient(value: Value) -> bool:
    """Whether it is a quotient of Python integers."""
    return (
        value.op == "Div"
        and value.kind in {"static", "shape"}
        and all(a.kind == "shape" or a.dtype == "int" for a in value.args)
    )


def check(event: Index) -> Iterator[Found]:
    """Report quotients as indices and bounds."""
    base = event.base.parent if event.is_at else event.base
    if base is None or base.kind not in {"array", "list", "tuple", "numpy", "pytree"}:
        return
    entries = [event.index, *(event.index.items or [])]
    bounds = [bound for entry in entries if entry.op == "slice" for bound in entry.args]
    for value in [*entries, *bounds]:
        if is_quotient(value) and value.node is not None:
            yield found(event, value.node)


def check_call(event: Call) -> Iterator[Found]:
    """Report quotients as sizes and bounds of range."""
    if event.name == "builtins.range":
        pairs = list(zip(event.args, event.node.args, strict=False))
    elif event.name.endswith((".arange", ".linspace")):
        return
    else:
        pairs = list(shape_arguments(event))
    for value, node in pairs:
        if is_quotient(value):
            yield found(event, node)


def found(event: Event, node: ast.AST) -> Found:
    """The finding, in words, and `//` for `/`."""
    fix = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left, right = event.lint.text(node.left), event.lint.text(node.right)
        fix = Fix("safe", "Use //", (replaced(event.lint, node, f"{left} // {right}"),))
    return Found(
        node,
        f"`{shown(event.lint, node)}` is a float, and an integer is needed: TypeError. Use //.",
        fix=fix,
    )


RULE = Rule(
    "JAX407",
    "float-index",
    "error",
    (
        (Index, check),
        (Call, check_call),
    ),
    confirm="trace",
    calls=("builtins.range", *SHAPED_CALLS),
    page=__doc__ or "",
)
