"""The optimiser is initialised in every step.

## Why is this bad?
Momentum and step counts start anew each time.

## Use instead
init once, before the loop.
"""

import ast
import re
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import STAGED

STEP = re.compile(r"(^|_)(step|update)(_|$)")


def check(event: Call) -> Iterator[Found]:
    """Report init and update of one optimiser in the same turn of a loop."""
    owner = event.owner
    if owner is None or not owner.constructor.startswith("optax."):
        return
    turn = event.frame.loops[-1] if event.frame.loops else step_around(event)
    if turn is None:
        return
    made = event.lint.scratch.setdefault("OPX104", {})
    place = (owner.serial, turn)
    if event.method == "init":
        made[place] = event.node
    elif event.method == "update" and place in made and not is_test_file(event.lint):
        yield Found(
            made[place],
            "The state is made anew in every turn: momentum and step counts never grow. Move init"
            " before the loop.",
            related=((event.node, "used here"),),
        )


def step_around(event: Call) -> ast.AST | None:
    """The body of the function around, where it is a step: compiled, or called so."""
    function = event.frame.root.function
    if function is None or isinstance(function.node, ast.Lambda):
        return None
    is_step = event.frame.staged == STAGED or bool(STEP.search(function.name))
    return function.node if is_step else None


RULE = Rule(
    "OPX104",
    "init-in-step",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=(".init", ".update"),
    page=__doc__ or "",
)
