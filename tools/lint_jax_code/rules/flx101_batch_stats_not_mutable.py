"""A linen module with BatchNorm is applied in training mode without `mutable`.

## Why is this bad?
ModifyScopeVariableError: the running statistics cannot be written.

## Use instead
`module.apply(variables, x, mutable=["batch_stats"])`, which also returns the new statistics.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import applied_by, is_switched
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report layers that write statistics inside an apply that lets nothing be written."""
    if event.callee.constructor != "flax.linen.BatchNorm":
        return
    applied = applied_by(event)
    if applied is None or "mutable" in applied[1]:
        return
    if is_switched(event, "use_running_average", on=False):
        yield Found(
            applied[0],
            "BatchNorm writes its statistics in this apply, which has no mutable:"
            ' ModifyScopeVariableError. Pass mutable=["batch_stats"] and keep what it returns.',
            related=((event.node, "written here"),),
        )


RULE = Rule(
    "FLX101",
    "batch-stats-not-mutable",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
