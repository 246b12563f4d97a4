"""The result of an .at[...] update is thrown away.

## Why is this bad?
`.at[...].set` and its kin return a new array and leave the old one as it is: the update is lost,
silently.

## Use instead
`x = x.at[index].set(value)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import inserted_before, shown
from jax_workbench.tools.lint_jax_code.engine.events import Discard
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

UPDATES = frozenset(("set", "add", "multiply", "mul", "divide", "power", "min", "max", "apply"))


def check(event: Discard) -> Iterator[Found]:
    """Report .at updates as statements."""
    call = event.node.value
    if not isinstance(call, ast.Call) or event.is_last:
        return
    if event.value.op != ".at" and not is_update(call):
        return
    yield Found(
        call,
        f"`{shown(event.lint, call)}` returns a new array, and nobody takes it: the update is"
        " lost. Assign the result.",
        fix=mended(event, call),
    )


def is_update(call: ast.Call) -> bool:
    """Whether it is written `x.at[...].set(...)`, whatever x is: nothing else has that form."""
    match call.func:
        case ast.Attribute(value=ast.Subscript(value=ast.Attribute(attr="at")), attr=method):
            return method in UPDATES
        case _:
            return False


def mended(event: Discard, call: ast.Call) -> Fix | None:
    """Assign to the array's own name."""
    match call.func:
        case ast.Attribute(value=ast.Subscript(value=ast.Attribute(value=ast.Name(id=name)))):
            edit = inserted_before(event.lint, event.node, f"{name} = ")
            return Fix("safe", f"Assign to {name}", (edit,))
        case _:
            return None


RULE = Rule(
    "JAX402",
    "at-result-discarded",
    "error",
    ((Discard, check),),
    confirm="none",
    page=__doc__ or "",
)
