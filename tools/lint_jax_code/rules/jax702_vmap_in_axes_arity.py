"""in_axes has another number of entries than the call has arguments.

## Why is this bad?
vmap matches in_axes with the positional arguments: ValueError.

## Use instead
One entry for each positional argument; None for what is not mapped.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: CallTransformed) -> Iterator[Found]:
    """Report calls of vmapped functions with too many or too few arguments."""
    transform = event.transform
    axes = transform.option("in_axes", 0)
    if transform.name != "vmap" or event.has_star or axes is None or axes.kind != "tuple":
        return
    if axes.items is None or len(axes.items) == len(event.args) or is_guarded(event):
        return
    yield Found(
        event.node,
        f"in_axes has {len(axes.items)} entries and the call {len(event.args)} positional"
        " arguments: ValueError. Give one entry for each argument.",
        related=((transform.node, "in_axes"),),
    )


RULE = Rule(
    "JAX702",
    "vmap-in-axes-arity",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
