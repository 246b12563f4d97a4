"""A linen parameter gets an array in the place of its initializer.

## Why is this bad?
`self.param` and `self.variable` call their second argument: TypeError.

## Use instead
`self.param("bias", nn.initializers.zeros, (n,))`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report arrays and numbers there."""
    func = event.node.func
    is_self = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
    function = event.frame.root.function
    klass = function.klass if function is not None else None
    if event.method != "param" or not is_self or klass is None or not klass.is_linen_module:
        return
    given = event.argument(1, "init_fn")
    if given is None or is_guarded(event):
        return
    if (given.kind == "array" and given.op.startswith("jax.")) or given.is_number:
        yield Found(
            event.node,
            "self.param calls its second argument, and this is an array: TypeError. Give an"
            " initializer and the shape.",
        )


RULE = Rule(
    "FLX124",
    "parameter-without-initializer",
    "error",
    ((Call, check),),
    confirm="run",
    calls=(".param",),
    page=__doc__ or "",
)
