"""log(sum(exp(x))) is written out.

## Why is this bad?
exp overflows above 88 and underflows below -103 in float32: the result is inf or -inf.

## Use instead
`jax.nn.logsumexp(x)`; minus log(n) for the mean.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report logarithms of sums and means of exponentials."""
    if event.name != "jax.numpy.log" or not event.args:
        return
    total = event.args[0]
    if total.op not in {"jax.numpy.sum", ".sum", "jax.numpy.mean", ".mean"} or not total.args:
        return
    inner = total.args[0]
    if inner.op != "jax.numpy.exp" or not inner.args or inner.args[0].op == "Sub":
        return
    yield Found(
        event.node,
        "exp overflows or underflows before the logarithm. Use jax.nn.logsumexp.",
        fix=mended(event),
    )


def mended(event: Call) -> Fix | None:
    """Logsumexp of the same exponents, where everything is written in one expression."""
    match event.node.args[0]:
        case ast.Call(
            func=ast.Attribute(attr="sum"),
            args=[ast.Call(func=ast.Attribute(attr="exp"), args=[exponent])],
            keywords=[],
        ):
            text = f"jax.nn.logsumexp({event.lint.text(exponent)})"
            edit = replaced(event.lint, event.node, text)
            return Fix("safe", "Use logsumexp", (edit,), ("import jax",))
        case _:
            return None


RULE = Rule(
    "JAX606",
    "naive-logsumexp",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("jax.numpy.log",),
    page=__doc__ or "",
)
