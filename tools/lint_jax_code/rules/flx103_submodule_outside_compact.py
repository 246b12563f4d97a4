"""A linen module makes a layer in a method that is neither setup nor compact.

## Why is this bad?
AssignSubModuleError: the layer's parameters would have no name.

## Use instead
`@nn.compact` on the method, or the layer in `setup`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

LAYERS = frozenset(
    f"flax.linen.{name}"
    for name in ("Dense", "Conv", "BatchNorm", "LayerNorm", "Embed", "GroupNorm", "ConvTranspose")
)


def check(event: Call) -> Iterator[Found]:
    """Report layers that are made and called at once in a plain `__call__`."""
    function = event.frame.root.function
    if event.callee.constructor not in LAYERS or not isinstance(event.node.func, ast.Call):
        return
    if function is None or function.klass is None or function.name != "__call__":
        return
    decorators = getattr(function.node, "decorator_list", [])
    words = {getattr(d, "attr", getattr(d, "id", "")) for d in decorators}
    if function.klass.is_linen_module and not words:
        yield Found(
            event.node,
            f"`{function.klass.node.name}.__call__` makes a layer and is not compact:"
            " AssignSubModuleError. Put @nn.compact above it.",
            related=((function.node, "here"),),
        )


RULE = Rule(
    "FLX103",
    "submodule-outside-compact",
    "error",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
