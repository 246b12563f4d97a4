"""nnx.Optimizer is made without wrt.

## Why is this bad?
Since flax 0.11 it must be told which variables it updates: TypeError.

## Use instead
`nnx.Optimizer(model, tx, wrt=nnx.Param)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import argument_added
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report optimisers without wrt."""
    is_short = event.name == "flax.nnx.Optimizer" and len(event.args) < 3
    if not is_short or "wrt" in event.kwargs or event.has_star or event.has_double_star:
        return
    edit = argument_added(event.lint, event.node, "wrt=nnx.Param")
    yield Found(
        event.node,
        "nnx.Optimizer needs wrt= since flax 0.11: TypeError. Give wrt=nnx.Param.",
        fix=Fix("safe", "Add wrt=nnx.Param", (edit,), ("from flax import nnx",)),
    )


RULE = Rule(
    "NNX104",
    "optimizer-missing-wrt",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("flax.nnx.Optimizer",),
    page=__doc__ or "",
)
