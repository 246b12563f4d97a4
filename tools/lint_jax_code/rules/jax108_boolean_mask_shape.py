"""A traced boolean mask selects entries.

## Why is this bad?
The number of selected entries would be the shape of the result, and shapes must be known while
tracing: NonConcreteBooleanIndexError.

## Use instead
`jnp.where(mask, x, neutral)` with the neutral element of what follows; for `.at[mask].set(v)`:
`jnp.where(mask, v, x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, is_mask, shown
from jax_workbench.tools.lint_jax_code.engine.events import Index
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Index) -> Iterator[Found]:
    """Report subscripts by traced masks."""
    base = event.base.parent if event.is_at else event.base
    if base is None or base.kind not in {"array", "pytree", "numpy"} or not is_mask(event):
        return
    if is_abstract(event, event.index):
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.slice)}` is a traced mask: the result's shape would"
            " depend on its values (NonConcreteBooleanIndexError). Use jnp.where.",
        )


RULE = Rule(
    "JAX108",
    "boolean-mask-shape",
    "error",
    ((Index, check),),
    confirm="trace",
    page=__doc__ or "",
)
