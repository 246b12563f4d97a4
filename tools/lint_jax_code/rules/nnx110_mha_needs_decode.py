"""nnx.MultiHeadAttention is called without decode.

## Why is this bad?
It must know whether it decodes from a cache: ValueError.

## Use instead
`decode=False` in the constructor.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import argument_added, is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report calls of attention layers that were never told."""
    layer = event.callee
    if layer.constructor != "flax.nnx.MultiHeadAttention" or event.has_double_star:
        return
    if "decode" in layer.kwargs or "decode" in event.kwargs or is_guarded(event):
        return
    if event.lint.facts.mentions("set_attributes", "set_mode", "eval", "train", "init_cache"):
        return
    fix = None
    if isinstance(layer.node, ast.Call):
        edit = argument_added(event.lint, layer.node, "decode=False")
        fix = Fix("safe", "Add decode=False", (edit,))
    yield Found(
        layer.node or event.node,
        "MultiHeadAttention is told nowhere whether it decodes: ValueError where it is called."
        " Give decode=False.",
        related=((event.node, "called here"),),
        fix=fix,
    )


RULE = Rule(
    "NNX110",
    "mha-needs-decode",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
