"""The differentiated argument is not among the positional arguments of the call.

## Why is this bad?
argnums counts positional arguments, and keywords are never differentiated: TypeError.

## Use instead
The argument by position, and argnums below their number.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.parameters import positions
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: CallTransformed) -> Iterator[Found]:
    """Report calls that give fewer positional arguments than argnums asks for."""
    transform = event.transform
    if transform.name not in {"grad", "value_and_grad", "jacfwd", "jacrev", "hessian"}:
        return
    wanted = positions(transform.option("argnums", 0), (0,))
    if wanted is None or event.has_star or is_guarded(event):
        return
    most = max(wanted, default=0)
    if most >= len(event.args):
        yield Found(
            event.node,
            f"{transform.name} differentiates positional argument {most}, and the call gives"
            f" {len(event.args)} by position: TypeError. Give it by position.",
            related=((transform.node, "argnums"),),
        )


RULE = Rule(
    "JAX618",
    "argnums-not-given",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
