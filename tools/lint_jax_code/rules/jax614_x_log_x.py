"""`p * log(p)` is nan where p is zero.

## Why is this bad?
Zero times minus infinity is nan, in the value and in the gradient.

## Use instead
`jax.scipy.special.entr(p)` or `xlogy(p, p)`; log_softmax where p is a softmax.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_same, shown
from jax_workbench.tools.lint_jax_code.engine.events import Binary
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

LOGS = frozenset(("jax.numpy.log", "jax.numpy.log2", "jax.numpy.log10", "jax.lax.log"))
SAFE = ("softmax", "sigmoid", "where", "clip", "maximum", "exp", "Add", "Div", "normalize")


def check(event: Binary) -> Iterator[Found]:
    """Report products of a value with its own logarithm."""
    if not isinstance(event.operator, ast.Mult):
        return
    for one, other in ((event.left, event.right), (event.right, event.left)):
        if other.op not in LOGS or not other.args:
            continue
        inner = other.args[0]
        if is_same(one, inner) and inner.kind == "array" and not inner.op.endswith(SAFE):
            yield Found(
                event.node,
                f"`{shown(event.lint, event.node)}` is nan where the factor is zero. Use"
                " jax.scipy.special.entr or xlogy.",
                severity="info" if event.lint.profile == "library" else None,
            )
            return


RULE = Rule(
    "JAX614",
    "x-log-x",
    "warning",
    ((Binary, check),),
    confirm="gradient",
    page=__doc__ or "",
)
