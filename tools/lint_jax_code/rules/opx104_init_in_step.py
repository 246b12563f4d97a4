"""The optimiser is initialised in every step.

## Why is this bad?
Momentum and step counts start anew each time.

## Use instead
init once, before the loop.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Call) -> Iterator[Found]:
    """Report init and update of one optimiser in the same turn of a loop."""
    owner = event.owner
    if owner is None or not owner.constructor.startswith("optax.") or not event.frame.loops:
        return
    made = event.lint.scratch.setdefault("OPX104", {})
    place = (owner.serial, event.frame.loops[-1])
    if event.method == "init":
        made[place] = event.node
    elif event.method == "update" and place in made and not is_test_file(event.lint):
        yield Found(
            made[place],
            "The state is made anew in every turn: momentum and step counts never grow. Move init"
            " before the loop.",
            related=((event.node, "used here"),),
        )


RULE = Rule(
    "OPX104",
    "init-in-step",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=(".init", ".update"),
    page=__doc__ or "",
)
