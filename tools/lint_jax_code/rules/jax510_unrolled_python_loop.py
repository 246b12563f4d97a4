"""A long Python loop is unrolled into the program.

## Why is this bad?
Under jit each turn of a Python loop becomes its own operations: tracing and compiling take as
long as there are turns.

## Use instead
`jax.lax.fori_loop`, or `jax.lax.scan` where a derivative is wanted.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged
from jax_workbench.tools.lint_jax_code.engine.events import Iterate
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

MANY = 64


def check(event: Iterate) -> Iterator[Found]:
    """Report long ranges in staged code."""
    if not is_staged(event) or not event.body or event.value.op != "builtins.range":
        return
    bounds = [a.const for a in event.value.args if a.is_number and a.op != "passed"]
    if len(bounds) != len(event.value.args) or not bounds:
        return
    turns = bounds[0] if len(bounds) == 1 else bounds[1] - bounds[0]
    if turns >= MANY and any(isinstance(s, ast.Assign | ast.AugAssign) for s in event.body):
        yield Found(
            event.node if isinstance(event.node, ast.expr) else event.source,
            f"{turns} turns are unrolled into the program, and each is compiled. Use"
            " lax.fori_loop or lax.scan.",
        )


RULE = Rule(
    "JAX510",
    "unrolled-python-loop",
    "warning",
    ((Iterate, check),),
    confirm="none",
    page=__doc__ or "",
)
