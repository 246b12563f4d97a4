"""A static argument changes with every turn of a loop.

## Why is this bad?
Each new value of a static argument is a new program: it is compiled again in every turn.

## Use instead
A traced argument, where the function uses it as a number.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown, via
from jax_workbench.tools.lint_jax_code.engine.calls_of import arguments_of
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

FEW = 3


def check(event: CallTransformed) -> Iterator[Found]:
    """Report loop variables in static places."""
    if event.transform.name != "jit" or not event.frame.in_loop or event.staged:
        return
    for passed in arguments_of(event):
        parts = [p for p in via(passed.value, 4) if p.op == "loop variable"]
        if passed.is_static and parts and not is_short(parts[0].node):
            yield Found(
                passed.node,
                f"`{shown(event.lint, passed.node)}` is static and changes with the loop: the"
                " function is compiled again in every turn. Trace it.",
            )


def is_short(loop: ast.AST | None) -> bool:
    """Whether it is a loop over range() of a few."""
    match loop:
        case ast.For(iter=ast.Call(args=[ast.Constant(value=int(n))])):
            return n <= FEW
        case _:
            return False


RULE = Rule(
    "JAX505",
    "static-arg-from-loop",
    "warning",
    ((CallTransformed, check),),
    confirm="compiles",
    page=__doc__ or "",
)
