"""An entry of a JAX array, or of a FrozenDict, is assigned in place.

## Why is this bad?
JAX arrays are immutable: TypeError. So are the FrozenDicts of Flax: ValueError.

## Use instead
`x = x.at[index].set(value)`; .add, .multiply and so on for augmented assignment. Of a FrozenDict,
`params = params.copy({"bias": value})`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import StoreIndex
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

FREEZERS = frozenset(("flax.core.freeze", "flax.core.frozen_dict.freeze", "flax.core.FrozenDict"))
METHODS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}


def check(event: StoreIndex) -> Iterator[Found]:
    """Report stores into proven arrays."""
    base = event.base
    if base.op in FREEZERS and event.lint.guard_depth == 0:
        yield Found(
            event.node,
            f"`{shown(event.lint, event.target)}` can't be assigned: a FrozenDict is immutable"
            " (ValueError). Use .copy({name: value}), or unfreeze it before.",
            fix=copied(event),
        )
    is_array = base.kind == "array" or (
        is_traced(event, base)
        and base.kind == "pytree"
        and (event.index.kind == "tuple" or event.index.op == "slice")
    )
    if is_array and base.op != "[]" and event.lint.guard_depth == 0:
        text = shown(event.lint, event.target)
        yield Found(
            event.node,
            f"`{text}` can't be assigned: JAX arrays are immutable (TypeError). Use"
            " x = x.at[index].set(value).",
            fix=mended(event),
        )


def copied(event: StoreIndex) -> Fix | None:
    """Write it with .copy."""
    target, node, lint = event.target, event.node, event.lint
    if not isinstance(target.value, ast.Name) or not isinstance(node, ast.Assign):
        return None
    if len(node.targets) != 1:
        return None
    name, entry = target.value.id, f"{lint.text(target.slice)}: {lint.text(node.value)}"
    text = f"{name} = {name}.copy({{{entry}}})"
    return Fix("safe", "Use .copy", (replaced(lint, node, text),))


def mended(event: StoreIndex) -> Fix | None:
    """Write it with .at."""
    target, node, lint = event.target, event.node, event.lint
    if not isinstance(target.value, ast.Name):
        return None
    method = "set"
    if isinstance(node, ast.AugAssign):
        method = METHODS.get(type(node.op), "")
    elif not (isinstance(node, ast.Assign) and len(node.targets) == 1):
        return None
    if not method:
        return None
    name, index, value = target.value.id, lint.text(target.slice), lint.text(node.value)
    text = f"{name} = {name}.at[{index}].{method}({value})"
    return Fix("safe", "Use .at", (replaced(lint, node, text),))


RULE = Rule(
    "JAX401",
    "inplace-item-assignment",
    "error",
    ((StoreIndex, check),),
    confirm="run",
    page=__doc__ or "",
)
