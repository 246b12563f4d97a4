"""A vmapped or differentiated function is called in a loop without jit.

## Why is this bad?
Each operation inside is dispatched by itself, and the transformation is traced again at every
call.

## Use instead
jit outermost: `jax.jit(jax.vmap(f))`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SLOW = frozenset(("vmap", "grad", "value_and_grad", "jacfwd", "jacrev", "hessian"))


def check(event: CallTransformed) -> Iterator[Found]:
    """Report calls in loops of what is not jitted."""
    if event.transform.name in SLOW and not event.staged and event.frame.in_loop:
        yield Found(
            event.node,
            f"This {event.transform.name} is not jitted: it is traced again in every turn. Put jit"
            " around it.",
        )


RULE = Rule(
    "JAX511",
    "vmap-outside-jit",
    "info",
    ((CallTransformed, check),),
    confirm="none",
    page=__doc__ or "",
)
