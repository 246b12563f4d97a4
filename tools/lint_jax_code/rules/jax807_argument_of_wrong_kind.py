"""An argument stands where the function takes another kind of value.

## Why is this bad?
An array in the place of `axis`, or a number in that of `dtype`: TypeError. Arrays have to be given
as one list, and a shape as one tuple.

## Use instead
`jnp.concatenate([a, b])`, `jnp.zeros((3, 4))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.surface import signature
from jax_workbench.tools.lint_jax_code.engine.values import Value

OF_A_DTYPE = frozenset(("finfo", "iinfo", "dtype", "issubdtype", "isdtype", "result_type"))
"""These take values too, and look at their dtype."""


def check(event: Call) -> Iterator[Found]:
    """Report values that cannot be the axis, dtype or sample shape that the signature has there."""
    if not event.name.startswith(("jax.", "numpyro.")) or event.has_star or is_guarded(event):
        return
    known = signature(event.name)
    if known is None or last(event.name) in OF_A_DTYPE:
        return
    names = [*known.positional]
    given = [*zip(names, event.args, event.node.args, strict=False)]
    nodes = {k.arg: k.value for k in event.node.keywords}
    given += [(name, value, nodes[name]) for name, value in event.kwargs.items() if name in nodes]
    for name, value, node in given:
        wrong = what_is_wrong(name, value)
        if wrong:
            yield Found(
                node,
                f"`{shown(event.lint, node)}` is {wrong}, and stands in the place of `{name}` of"
                f" {event.name}: TypeError. {advice(name)}",
            )
            return


def what_is_wrong(name: str, value: Value) -> str:
    """What a value is proven to be that the parameter cannot take; empty where it can."""
    if value.op == "passed" and not (value.parent is not None and value.parent.kind == "array"):
        return ""
    if name in {"primals", "tangents", "argnums"} and value.kind in {"array", "numpy"}:
        return "an array"
    if name == "axis" and value.kind in {"array", "numpy"} and value.shape not in {None, ()}:
        return "an array"
    if name == "dtype" and value.is_number:
        return "a number"
    if name == "sample_shape" and value.is_number:
        return "a number"
    return ""


def advice(name: str) -> str:
    """What to write instead."""
    match name:
        case "axis":
            return "Put the arrays into one list."
        case "dtype":
            return "Put the lengths of the shape into one tuple."
        case "primals" | "tangents":
            return "Put it into a tuple."
        case "argnums":
            return "Call what grad gives with the arguments."
        case _:
            return "Give a tuple of lengths."


RULE = Rule(
    "JAX807",
    "argument-of-wrong-kind",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.", "numpyro."),
    instead_of=("JAX805",),
    page=__doc__ or "",
)
