"""The carry of a loop changes its type.

## Why is this bad?
The carry must have the same structure, shapes and dtypes in every turn: TypeError.

## Use instead
A start value with the structure and dtype of the result.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.structures import differ, spoken, structure
from jax_workbench.tools.lint_jax_code.engine.values import Value

PLACES = {
    "jax.lax.scan": (1, "init"),
    "jax.lax.fori_loop": (3, "init_val"),
    "jax.lax.while_loop": (2, "init_val"),
}
INTEGERS = frozenset(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))
FLOATS = frozenset(("float", "float16", "bfloat16", "float32", "float64"))


def check(event: Call) -> Iterator[Found]:
    """Report carries whose structure or dtype is proven to change."""
    if event.name not in PLACES or not event.inner or is_guarded(event):
        return
    start = event.argument(*PLACES[event.name])
    end = event.inner[0]
    if event.name == "jax.lax.scan":
        if end.kind != "tuple" or end.items is None or len(end.items) != 2:
            return
        end = end.items[0]
    if start is None:
        return
    before, after = structure(start), structure(end)
    if differ(before, after):
        what = f"starts as {spoken(before)} and comes back as {spoken(after)}"
    elif dtype := changed_dtype(start, end):
        what = f"starts as {dtype} and comes back as a float"
    else:
        return
    yield Found(event.node, f"The carry {what}: TypeError. Start with the type of the result.")


def changed_dtype(start: Value, end: Value) -> str:
    """The integer dtype that becomes a float, in some leaf."""
    if start.items is not None and end.items is not None and len(start.items) == len(end.items):
        pairs = zip(start.items, end.items, strict=True)
        return next((d for a, b in pairs if (d := changed_dtype(a, b))), "")
    is_integer = start.kind == "array" and start.dtype in INTEGERS
    return start.dtype if is_integer and end.kind == "array" and end.dtype in FLOATS else ""


RULE = Rule(
    "JAX707",
    "carry-type-change",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
