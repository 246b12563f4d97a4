"""The logarithm of a softmax is taken.

## Why is this bad?
Small probabilities underflow to zero, and their logarithm is -inf.

## Use instead
`jax.nn.log_softmax`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

PICKING = frozenset(("[]", "jax.numpy.take_along_axis", "jax.numpy.squeeze", ".squeeze"))
"""What gives some of the probabilities."""


def check(event: Call) -> Iterator[Found]:
    """Report log(softmax(x))."""
    if event.name != "jax.numpy.log" or not event.args:
        return
    inside = event.args[0]
    while inside.op in PICKING and inside.args:
        inside = inside.args[0]
    if inside.op != "jax.nn.softmax":
        return
    fix = None
    inner = event.node.args[0]
    if inside is event.args[0] and isinstance(inner, ast.Call):
        arguments = event.lint.text(inner)[len(event.lint.text(inner.func)) :]
        edit = replaced(event.lint, event.node, f"jax.nn.log_softmax{arguments}")
        fix = Fix("safe", "Use log_softmax", (edit,), ("import jax",))
    yield Found(
        event.node,
        "Small probabilities underflow before the logarithm: -inf. Use jax.nn.log_softmax.",
        fix=fix,
    )


RULE = Rule(
    "JAX605",
    "log-of-softmax",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("jax.numpy.log",),
    page=__doc__ or "",
)
