"""nnx.Optimizer.update gets the gradients alone.

## Why is this bad?
Since flax 0.11 it takes the model first: TypeError.

## Use instead
`optimizer.update(model, grads)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import inserted_before
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report updates with one argument."""
    owner = event.owner
    if event.method != "update" or owner is None or owner.constructor != "flax.nnx.Optimizer":
        return
    if len(event.args) != 1 or event.kwargs or event.has_star or event.has_double_star:
        return
    if event.lint.guard_depth:
        return
    fix = None
    maker = owner.node
    if isinstance(maker, ast.Call) and maker.args and isinstance(maker.args[0], ast.Name):
        name = maker.args[0].id
        if event.frame.lookup(name)[0] is not None:
            edit = inserted_before(event.lint, event.node.args[0], f"{name}, ")
            fix = Fix("safe", f"Pass {name}", (edit,))
    yield Found(
        event.node,
        "update takes (model, grads) since flax 0.11: TypeError. Pass the model first.",
        fix=fix,
    )


RULE = Rule(
    "NNX105",
    "optimizer-update-signature",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".update",),
    page=__doc__ or "",
)
