"""The results of value_and_grad are unpacked in the wrong order.

## Why is this bad?
It gives (value, gradient): the loss would be used as a gradient, silently.

## Use instead
`loss, grads = jax.value_and_grad(f)(x)`.
"""

import ast
import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Unpack
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

GRADIENT = re.compile(r"^(g|gs|dw|grads?|gradients?|.*_grads?)$", re.IGNORECASE)
LOSS = re.compile(r"^(l|loss|losses|val|value|loss_value|.*_loss)$", re.IGNORECASE)


def check(event: Unpack) -> Iterator[Found]:
    """Report targets whose names are the other way round."""
    if event.value.op != "value_and_grad" or len(event.targets) != 2:
        return
    names = [t.id if isinstance(t, ast.Name) else "" for t in event.targets]
    if GRADIENT.match(names[0]) and LOSS.match(names[1]):
        lint, (first, second) = event.lint, event.targets
        edits = (replaced(lint, first, names[1]), replaced(lint, second, names[0]))
        yield Found(
            event.node,
            f"value_and_grad gives (value, gradient): `{names[0]}` gets the loss and `{names[1]}`"
            " the gradient. Exchange them.",
            fix=Fix("unsafe", "Exchange the names", edits),
        )


RULE = Rule(
    "JAX710",
    "value-and-grad-order",
    "error",
    ((Unpack, check),),
    confirm="none",
    page=__doc__ or "",
)
