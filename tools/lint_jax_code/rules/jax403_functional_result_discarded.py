"""The result of a pure function is thrown away.

## Why is this bad?
JAX functions and array methods return new arrays; as a statement they do nothing.

## Use instead
Assign the result.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import ARRAY_METHODS, is_jnp, last
from jax_workbench.tools.lint_jax_code.engine.events import Discard
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

MAKERS = frozenset(
    (
        "zeros",
        "ones",
        "empty",
        "full",
        "array",
        "asarray",
        "arange",
        "linspace",
        "eye",
        "save",
        "savez",
    )
)
IN_PLACE_IN_NUMPY = frozenset(("sort",))
EFFECTS = frozenset(("block_until_ready", "copy_to_host_async", "delete", "item", "tolist"))


def check(event: Discard) -> Iterator[Found]:
    """Report calls of pure functions as statements."""
    call = event.node.value
    if not isinstance(call, ast.Call) or event.is_last or is_excused(event):
        return
    value = event.value
    if value.kind in {"array", "arrays"} and is_jnp(value.op):
        if last(value.op) in MAKERS or value.node is not call:
            return
        word = last(value.op)
    elif value.kind == "transformed" and value.node is call:
        word = "The transformation"
    elif is_draw(value, call):
        word = shown(event.lint, call.func)
    elif value.op == "jax.tree.map" and value.args and is_pure(value.args[0]):
        word = "jax.tree.map"
    elif isinstance(call.func, ast.Attribute) and value.op == f".{call.func.attr}":
        word = call.func.attr
        owner = value.args[0] if value.args else None
        if owner is None or owner.kind != "array" or word not in ARRAY_METHODS - EFFECTS:
            return
    else:
        return
    yield Found(
        call,
        f"{word} returns a new array, and nobody takes it: the statement does nothing. Assign"
        " the result.",
        fix=mended(event, call, word),
    )


def is_draw(value: Value, call: ast.Call) -> bool:
    """Whether it is what a function of jax.random gave."""
    is_random = value.op.startswith("jax.random.") or value.kind in {"key", "keys"}
    return is_random and value.node is call


def is_pure(function: Value) -> bool:
    """Whether calling it leaves nothing behind: a function of jnp, or a lambda of arithmetic."""
    if function.kind == "name":
        return is_jnp(function.name)
    node = function.function.node if function.function is not None else None
    return isinstance(node, ast.Lambda) and isinstance(node.body, ast.BinOp | ast.UnaryOp)


def is_excused(event: Discard) -> bool:
    """Whether the statement is there for what it raises."""
    raising = any(
        "raises" in v.name + v.op or "raises" in shown(event.lint, n)
        for v, n in event.frame.contexts
    )
    return raising or event.lint.guard_depth > 0 or is_test_file(event.lint)


def mended(event: Discard, call: ast.Call, word: str) -> Fix | None:
    """Assign where NumPy would have worked in place."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)) if word in IN_PLACE_IN_NUMPY and name != "jnp":
            arguments = ", ".join([name, *(event.lint.text(a) for a in call.args)])
            edit = replaced(event.lint, event.node, f"{name} = jnp.{word}({arguments})")
            return Fix("safe", f"Assign to {name}", (edit,), ("import jax.numpy as jnp",))
        case _:
            return None


RULE = Rule(
    "JAX403",
    "functional-result-discarded",
    "error",
    ((Discard, check),),
    confirm="none",
    page=__doc__ or "",
)
