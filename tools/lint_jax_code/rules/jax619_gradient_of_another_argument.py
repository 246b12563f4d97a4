"""Parameters are stepped by the gradient with respect to another argument.

## Why is this bad?
grad differentiates the first argument unless argnums says otherwise: the step is that of the
data.

## Use instead
`jax.grad(loss, argnums=2)`, or the parameters first.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, via
from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call, Event
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

MAPS = frozenset(("jax.tree.map", "jax.tree_util.tree_map"))


def check(event: Binary) -> Iterator[Found]:
    """Report `params - rate * grad(loss)(x, y, params)`."""
    if isinstance(event.operator, ast.Sub | ast.Add):
        yield from found(event, event.left, event.right)


def check_map(event: Call) -> Iterator[Found]:
    """Report `tree.map(lambda p, g: p - rate * g, params, gradients)`."""
    if event.name in MAPS and len(event.args) == 3:
        yield from found(event, event.args[1], event.args[2])


def found(event: Event, stepped: Value, step: Value) -> Iterator[Found]:
    """The finding, where what is stepped was an argument, and another one was differentiated."""
    gradient = next((v for v in via(step, 4) if v.op == "gradient"), None)
    if gradient is None or stepped.kind == "static" or is_guarded(event):
        return
    given = gradient.attributes
    target = given.get("differentiated")
    others = [v for k, v in given.items() if k != "differentiated" and v is not target]
    if target is not None and target is not stepped and any(v is stepped for v in others):
        yield Found(
            event.node,
            "The gradient is that of another argument than what is stepped: grad differentiates"
            " the first one. Give argnums.",
        )


RULE = Rule(
    "JAX619",
    "gradient-of-another-argument",
    "error",
    ((Binary, check), (Call, check_map)),
    confirm="none",
    page=__doc__ or "",
)
