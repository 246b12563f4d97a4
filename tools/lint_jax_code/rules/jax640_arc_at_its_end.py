"""An arccos or arcsin of a cosine is differentiated.

## Why is this bad?
Its slope is infinite at -1 and 1, where rounding puts the cosine of equal directions: the
gradient is nan.

## Use instead
Clip inside of the ends, or arctan2.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_differentiated, via
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

ARCS = frozenset(("jax.numpy.arccos", "jax.numpy.arcsin", "jax.numpy.acos", "jax.numpy.asin"))
NORMS = ("sqrt", "norm")


def check(event: Call) -> Iterator[Found]:
    """Report arcs of quotients by a norm in differentiated functions."""
    if event.name not in ARCS or not event.args or not is_differentiated(event):
        return
    inside = event.args[0]
    is_cosine = inside.op == "Div" and any(
        last(part.op) in NORMS for part in via(inside.args[1], 3)
    )
    if is_cosine:
        yield Found(
            event.node,
            "The slope is infinite where the directions are equal: the gradient is nan. Clip the"
            " cosine to just inside of -1 and 1.",
        )


RULE = Rule(
    "JAX640",
    "arc-at-its-end",
    "warning",
    ((Call, check),),
    confirm="gradient",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
