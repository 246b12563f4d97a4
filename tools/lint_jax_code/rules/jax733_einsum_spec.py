"""An einsum whose letters do not fit.

## Why is this bad?
A letter of the result that no operand has, more or fewer operands than parts, or more or fewer
letters than axes: ValueError.

## Use instead
One part for each operand, one letter for each axis, and a result made of these letters.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report specs that are written out and can't be followed."""
    if event.name != "jax.numpy.einsum" or event.has_star or is_guarded(event) or not event.args:
        return
    spec = event.args[0].const
    if not isinstance(spec, str):
        return
    said = fault(spec.replace(" ", ""), event.args[1:])
    if said:
        yield Found(event.node, f"{said}: ValueError. Mend the spec {spec!r}.")


def fault(spec: str, operands: list[Value]) -> str:
    """What does not fit; empty where nothing is proven."""
    left, arrow, right = spec.partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        return f"The spec has {len(parts)} parts, and {len(operands)} arrays are given"
    strange = sorted({c for c in right if c.isalpha()} - {*left})
    if arrow and strange:
        return f"No operand has the axis {strange[0]!r} of the result"
    twice = [c for c in right if c.isalpha() and right.count(c) > 1]
    if twice:
        return f"The result names the axis {twice[0]!r} twice"
    for part, operand in zip(parts, operands, strict=True):
        is_whole = "." not in part and operand.kind == "array" and operand.shape is not None
        if is_whole and len(part) != len(operand.shape or ()):
            n_axes = len(operand.shape or ())
            return f"{part!r} names {len(part)} axes, and the array has {n_axes}"
    return ""


RULE = Rule(
    "JAX733",
    "einsum-spec",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.numpy.einsum",),
    page=__doc__ or "",
)
