"""The branches of cond or switch return different structures, shapes or dtypes.

## Why is this bad?
Both branches are compiled into one program with one type of result: TypeError.

## Use instead
The same tuple, dict or array structure from each branch.
"""

from collections.abc import Iterator
from itertools import pairwise

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.structures import differ, spoken, structure
from jax_workbench.tools.lint_jax_code.engine.values import Value

FLOATS = frozenset(("float", "float16", "bfloat16", "float32", "float64"))
EXACT_INTEGERS = frozenset(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))
WEAK = frozenset(("passed", "element"))
"""What a Python number may have become an array by: its dtype gives way."""


def check(event: Call) -> Iterator[Found]:
    """Report branches whose structures are proven to differ."""
    if event.name not in {"jax.lax.cond", "jax.lax.switch"} or len(event.inner) < 2:
        return
    forms = [structure(value) for value in event.inner]
    for other in forms[1:]:
        if differ(forms[0], other) and not is_guarded(event):
            yield Found(
                event.node,
                f"One branch returns {spoken(forms[0])}, another {spoken(other)}: TypeError. Return"
                " the same structure.",
            )
            return
    if not is_guarded(event) and (said := leaf_change(event.inner)):
        yield Found(
            event.node,
            f"One branch returns {said[0]}, another {said[1]}: TypeError. Return the same dtype and"
            " shape.",
        )


def leaf_change(values: list[Value]) -> tuple[str, str] | None:
    """Two leaves in one place whose types are proven to differ, in words."""
    for one, other in pairwise(values):
        if one.items is not None and other.items is not None and len(one.items) == len(other.items):
            pairs = zip(one.items, other.items, strict=True)
            said = next((found for a, b in pairs if (found := leaf_change([a, b]))), None)
        else:
            said = differing(one, other)
        if said is not None:
            return said
    return None


def differing(one: Value, other: Value) -> tuple[str, str] | None:
    """How two arrays differ."""
    for number, array in ((one, other), (other, one)):
        is_integer = isinstance(number.const, int) and not isinstance(number.const, bool)
        if is_integer and array.kind == "array" and array.dtype in FLOATS:
            return "an integer", f"{array.dtype}"
    if one.kind != "array" or other.kind != "array":
        return None
    left, right = one.shape, other.shape
    if left is not None and right is not None and None not in {*left, *right} and left != right:
        return f"shape {left}", f"shape {right}"
    kinds = [kind_of(one), kind_of(other)]
    if "" not in kinds and kinds[0] != kinds[1]:
        return f"{one.dtype or kinds[0]}", f"{other.dtype or kinds[1]}"
    return None


def kind_of(value: Value) -> str:
    """Whether a strongly typed array is of integers, of floats or of booleans."""
    if value.op in WEAK:
        return ""
    if value.dtype in FLOATS:
        return "float"
    if value.dtype in EXACT_INTEGERS:
        return "int"
    return "bool" if value.dtype == "bool" else ""


RULE = Rule(
    "JAX705",
    "branch-structure-mismatch",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.lax.cond", "jax.lax.switch"),
    page=__doc__ or "",
)
