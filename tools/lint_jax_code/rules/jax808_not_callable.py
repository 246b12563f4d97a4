"""Something is called that is no function.

## Why is this bad?
jax.vjp, jax.linearize and value_and_grad give a pair, and `shape`, `size` and `T` are no methods:
TypeError.

## Use instead
Unpack the pair (`value, pullback = jax.vjp(f, x)`); read the attribute without parentheses.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Klass

KINDS = {
    "array": "an array",
    "tuple": "a tuple",
    "list": "a list",
    "dict": "a dict",
    "shape": "a number",
}
MADE_BY_GUESS = frozenset(("layer", "passed", "element", "result", ""))
"""What the analysis takes for an array without having seen how it was made."""

ATTRIBUTES = frozenset(("shape", "size", "ndim"))
"""Of other objects than arrays they may be methods."""


def check(event: Call) -> Iterator[Found]:
    """Report calls of arrays, tuples, lists, dicts and numbers."""
    callee = event.callee
    if callee.kind == "instance" and callee.klass is not None and is_uncallable(callee.klass):
        yield Found(
            event.node,
            f"{callee.klass.node.name} has no __call__, and is called: TypeError.",
            related=((callee.klass.node, "the class"),),
        )
        return
    is_proven = callee.op not in MADE_BY_GUESS or callee.items is not None
    if callee.op in ATTRIBUTES:
        is_proven = bool(callee.args) and callee.args[0].kind in {"array", "numpy"}
    if callee.kind not in KINDS or not is_proven or is_guarded(event):
        return
    yield Found(
        event.node,
        f"`{shown(event.lint, event.node.func)}` is {KINDS[callee.kind]}, and is called:"
        " TypeError. Unpack or index it first.",
    )


def is_uncallable(klass: Klass) -> bool:
    """Whether a module of this file and its known bases lack __call__."""
    bases = klass.base_names()
    is_module = bases in ({"flax.nnx.Module"}, {"flax.linen.Module"}, {"equinox.Module"})
    known = all(b.klass is not None or b.kind == "name" for k in klass.lineage() for b in k.bases)
    return is_module and known and not klass.decorators and klass.member("__call__") is None


RULE = Rule(
    "JAX808",
    "not-callable",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
