"""A traced value is converted to a Python number.

## Why is this bad?
int(), float(), bool(), .item() and .tolist() need the number, which does not exist while tracing:
ConcretizationTypeError.

## Use instead
Leave the array as it is, `.astype` for another dtype; convert outside of the transformed
function.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import (
    is_differentiated_array,
    is_traced,
    replaced,
    shown,
)
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

CASTS = frozenset(("int", "float", "bool", "complex"))
ALSO_UNDER_GRAD = frozenset(("float", "complex", "tolist"))
METHODS = frozenset(("item", "tolist"))


def check(event: Call) -> Iterator[Found]:
    """Report casts of traced values."""
    if event.name.startswith("builtins.") and event.args:
        word, value = event.name.rpartition(".")[2], event.args[0]
        if word not in CASTS or len(event.args) != 1:
            return
        inner = event.node.args[0]
    elif event.method in METHODS and event.owner is not None and not event.args:
        word, value = event.method, event.owner
        inner = event.node.func.value if isinstance(event.node.func, ast.Attribute) else event.node
    else:
        return
    reach = is_differentiated_array if word in ALSO_UNDER_GRAD else is_traced
    if reach(event, value):
        name = f".{word}()" if word in METHODS else f"{word}()"
        yield Found(
            event.node,
            f"{name} needs the number behind `{shown(event.lint, inner)}`, which is traced:"
            " ConcretizationTypeError. Keep the array, or convert outside.",
            fix=mended(event, word, inner),
        )


def mended(event: Call, word: str, inner: ast.AST) -> Fix:
    """Drop the conversion."""
    text = event.lint.text(inner)
    if word in {"int", "bool"}:
        text = f"({text}).astype({word})"
    elif not isinstance(inner, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        text = f"({text})"
    kind = "unsafe" if word in {"int", "bool", "complex", "tolist"} else "safe"
    return Fix(kind, "Keep the array", (replaced(event.lint, event.node, text),))


RULE = Rule(
    "JAX106",
    "python-cast-of-tracer",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("builtins.", ".item", ".tolist"),
    page=__doc__ or "",
)
