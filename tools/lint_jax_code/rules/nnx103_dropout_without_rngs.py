"""nnx.Dropout is made and called without rngs.

## Why is this bad?
In training it needs random numbers: ValueError at the first call that is not deterministic.

## Use instead
`nnx.Dropout(rate, rngs=rngs)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

OPTIONS = frozenset(("rngs", "deterministic"))


def check(event: Call) -> Iterator[Found]:
    """Report calls of dropouts that never got random numbers."""
    layer = event.callee
    if layer.constructor != "flax.nnx.Dropout" or OPTIONS & (set(layer.kwargs) | set(event.kwargs)):
        return
    if event.has_double_star or is_guarded(event) or event.lint.facts.mentions("eval"):
        return
    rate = layer.args[0].const if layer.args else None
    if rate != 0 and layer.node is not None:
        yield Found(
            layer.node,
            "This Dropout has no rngs, neither here nor where it is called: ValueError in training."
            " Pass rngs=rngs.",
            related=((event.node, "called here"),),
        )


RULE = Rule(
    "NNX103",
    "dropout-without-rngs",
    "warning",
    ((Call, check),),
    confirm="run",
    page=__doc__ or "",
)
