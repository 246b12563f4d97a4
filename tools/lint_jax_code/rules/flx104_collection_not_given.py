"""A linen module is applied without the collection that a layer reads.

## Why is this bad?
BatchNorm with running averages reads `batch_stats`: ScopeCollectionNotFound.

## Use instead
`module.apply({"params": params, "batch_stats": batch_stats}, x)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.linen import applied_by, is_switched
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report layers that read statistics in an apply whose written-out variables lack them."""
    if event.callee.constructor != "flax.linen.BatchNorm":
        return
    applied = applied_by(event)
    if applied is None or not applied[0].args:
        return
    variables = applied[0].args[0]
    if not isinstance(variables, ast.Dict):
        return
    names = {k.value if isinstance(k, ast.Constant) else None for k in variables.keys}
    if None in names or "batch_stats" in names:
        return
    if is_switched(event, "use_running_average", on=True):
        yield Found(
            applied[0],
            "BatchNorm reads batch_stats in this apply, which is not given them:"
            ' ScopeCollectionNotFound. Add "batch_stats".',
            related=((event.node, "read here"),),
        )


RULE = Rule(
    "FLX104",
    "collection-not-given",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
