"""Shapes are mapped over as if they were leaves, and a tuple is a tree.

## Why is this bad?
The function gets each length by itself: parameters are made with wrong shapes.

## Use instead
`is_leaf=lambda s: isinstance(s, tuple)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Function, Value

MAPS = frozenset(("jax.tree.map", "jax.tree_util.tree_map"))
MAKERS = {"zeros": 0, "ones": 0, "full": 0, "empty": 0, "normal": 1, "uniform": 1}


def check(event: Call) -> Iterator[Found]:
    """Report trees of tuples of integers whose leaves are used as shapes."""
    if event.name not in MAPS or len(event.args) < 2 or "is_leaf" in event.kwargs:
        return
    tree, function = event.args[1], event.args[0].function
    parts = [*(tree.entries or {}).values()] if tree.kind == "dict" else tree.items or []
    has_shapes = any(is_shape(part) for part in parts) and all(
        is_shape(part) or part.kind == "dict" for part in parts
    )
    if has_shapes and function is not None and makes_arrays(function) and not is_guarded(event):
        yield Found(
            event.node,
            "Each tuple is a tree of its own here: the function gets single lengths. Give"
            " is_leaf=lambda s: isinstance(s, tuple).",
        )


def is_shape(value: Value) -> bool:
    """Whether it is a tuple of written-out lengths."""
    items = value.items or []
    return value.kind == "tuple" and bool(items) and all(isinstance(i.const, int) for i in items)


def makes_arrays(function: Function) -> bool:
    """Whether the first parameter is a shape in the function."""
    names = [p.arg for p in function.parameters][:1]
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = MAKERS.get(node.func.attr)
            given = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(given, ast.Name) and given.id in names:
                return True
    return False


RULE = Rule(
    "JAX729",
    "shape-tuples-as-leaves",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("jax.tree",),
    page=__doc__ or "",
)
