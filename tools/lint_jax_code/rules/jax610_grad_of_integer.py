"""A derivative is taken at an integer.

## Why is this bad?
grad needs real or complex arguments; an integer raises TypeError.

## Use instead
A float: `2.0` for `2`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.parameters import positions
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves

GRADIENTS = frozenset(("grad", "value_and_grad", "jacfwd", "jacrev", "hessian"))
MAKERS = frozenset(("jax.numpy.arange", "jax.numpy.array", "jax.numpy.asarray"))
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")


def check(event: CallTransformed) -> Iterator[Found]:
    """Report integers at differentiated positions."""
    transform = event.transform
    if transform.name not in GRADIENTS or not transform.dotted.startswith("jax."):
        return
    allowed = transform.option("allow_int")
    wanted = positions(transform.option("argnums", 0), (0,))
    if wanted is None or event.has_star or (allowed is not None and allowed.const is not False):
        return
    for position, (value, node) in enumerate(zip(event.args, event.nodes, strict=False)):
        parts = leaves(value)
        if position in wanted and any(map(is_integer, parts)) and not is_guarded(event):
            fix = None
            if isinstance(node, ast.Constant):
                fix = Fix("safe", "Use a float", (replaced(event.lint, node, f"{node.value}.0"),))
            yield Found(
                node,
                f"`{shown(event.lint, node)}` is an integer, and {transform.name} needs a float:"
                " TypeError.",
                fix=fix,
            )


def is_integer(value: Value) -> bool:
    """Whether it is proven to be one, or an array of them."""
    if value.kind == "array":
        return value.dtype in INTEGERS or (value.dtype == "int" and value.op in MAKERS)
    return isinstance(value.const, int) and not isinstance(value.const, bool)


RULE = Rule(
    "JAX610",
    "grad-of-integer",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
