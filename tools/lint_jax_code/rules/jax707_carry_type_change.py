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
from jax_workbench.tools.lint_jax_code.engine.shaping import shape_of_value
from jax_workbench.tools.lint_jax_code.engine.structures import differ, spoken, structure
from jax_workbench.tools.lint_jax_code.engine.values import Value

PLACES = {
    "jax.lax.scan": (1, "init"),
    "jax.lax.fori_loop": (3, "init_val"),
    "jax.lax.while_loop": (2, "init_val"),
}
INTEGERS = frozenset(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))
FLOATS = frozenset(("float", "float16", "bfloat16", "float32", "float64"))


EXACT = INTEGERS | FLOATS - {"float"}
STRONG = frozenset(("jax.numpy.zeros", "jax.numpy.ones", "jax.numpy.arange"))


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
    elif change := first_change(start, end):
        what = change
    else:
        return
    yield Found(event.node, f"The carry {what}: TypeError. Start with the type of the result.")


def first_change(start: Value, end: Value) -> str:
    """How the shape or dtype of some leaf changes, in words; empty where none is proven to."""
    if start.items is not None and end.items is not None and len(start.items) == len(end.items):
        pairs = zip(start.items, end.items, strict=True)
        return next((text for a, b in pairs if (text := first_change(a, b))), "")
    if start.entries is not None and end.entries is not None:
        parts = [(a, end.entries[k]) for k, a in start.entries.items() if k in end.entries]
        return next((text for a, b in parts if (text := first_change(a, b))), "")
    if end.kind != "array":
        return ""
    before, after = shape_of_value(start), end.shape
    is_known = before is not None and after is not None and None not in (*before, *after)
    if is_known and before != after:
        return f"starts with shape {before} and comes back with shape {after}"
    return changed_dtype(start, end)


def changed_dtype(start: Value, end: Value) -> str:
    """How the dtype changes; what is made of a Python number takes the other's dtype."""
    if start.kind != "array" or start.dtype == end.dtype:
        return ""
    is_integer = start.dtype in INTEGERS or (start.dtype == "int" and start.op in STRONG)
    if is_integer and end.dtype in FLOATS:
        return f"starts as {start.dtype} and comes back as a float"
    is_exact = {start.dtype, end.dtype} <= EXACT
    return f"starts as {start.dtype} and comes back as {end.dtype}" if is_exact else ""


RULE = Rule(
    "JAX707",
    "carry-type-change",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=(*PLACES,),
    page=__doc__ or "",
)
