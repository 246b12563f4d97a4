"""A conversion to a Python number cuts the gradient.

## Why is this bad?
Under grad alone int(), bool() and .item() succeed, but what they give no longer depends on the
argument: the derivative is silently wrong.

## Use instead
Leave the array as it is; jax.lax.stop_gradient where the cut is meant.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown, via
from jax_workbench.tools.lint_jax_code.engine.events import FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, leaves

CUTS = frozenset((".item", "builtins.int", "builtins.bool"))


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report conversions whose result reaches the return value of a differentiated function."""
    if event.frame.staged != DIFFERENTIATED:
        return
    for _, value in event.returned:
        for part in [p for leaf in leaves(value) for p in via(leaf, 8)]:
            if part.op in CUTS and part.args and part.node is not None:
                source = part.args[0]
                if source.traced == DIFFERENTIATED and source.op != "jax.lax.stop_gradient":
                    yield Found(
                        part.node,
                        f"`{shown(event.lint, part.node)}` cuts the gradient: its result no longer"
                        " depends on the differentiated argument. Drop the conversion.",
                    )


RULE = Rule(
    "JAX116",
    "gradient-cut",
    "error",
    ((FunctionEnd, check),),
    confirm="gradient",
    page=__doc__ or "",
)
