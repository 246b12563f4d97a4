"""A slice has a traced bound.

## Why is this bad?
The length of the slice would depend on the value, and it must be known while tracing: IndexError.

## Use instead
`jax.lax.dynamic_slice_in_dim(x, start, size)`, where the size is constant.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Index
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Index) -> Iterator[Found]:
    """Report slices of arrays by traced bounds."""
    base = event.base.parent if event.is_at else event.base
    if base is None or base.kind not in {"array", "pytree"}:
        return
    slices = [event.index, *(event.index.items or [])]
    for entry in slices:
        if entry.op == "slice" and any(is_traced(event, bound) for bound in entry.args):
            yield Found(
                event.node,
                f"`{shown(event.lint, event.node)}`: a bound of the slice is traced, so its"
                " length is unknown. Use lax.dynamic_slice_in_dim with a constant size.",
            )
            return


RULE = Rule(
    "JAX111",
    "traced-slice-bound",
    "error",
    ((Index, check),),
    confirm="trace",
    page=__doc__ or "",
)
