"""optax.apply_updates gets the updates first.

## Why is this bad?
The sum has the structure and the dtypes of the updates; masked or None updates are lost.

## Use instead
`optax.apply_updates(params, updates)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report what tx.update gave in the place of the parameters."""
    if event.name != "optax.apply_updates" or len(event.args) < 2:
        return
    params, updates = event.args[0], event.args[1]
    if is_update(params) and not is_update(updates):
        first, second = event.node.args[0], event.node.args[1]
        edits = (
            replaced(event.lint, first, event.lint.text(second)),
            replaced(event.lint, second, event.lint.text(first)),
        )
        yield Found(
            event.node,
            "The updates stand in the place of the parameters. Write"
            " optax.apply_updates(params, updates).",
            fix=Fix("safe", "Swap them", edits),
        )


def is_update(value: Value) -> bool:
    """Whether it is the first result of an optimiser's update."""
    if value.op != "part" or not value.args or value.args[1].const != 0:
        return False
    made = value.args[0]
    return made.op == ".update()" and made.parent is not None and is_optimiser(made.parent)


def is_optimiser(value: Value) -> bool:
    """Whether optax made it."""
    return value.constructor.startswith("optax.")


RULE = Rule(
    "OPX107",
    "apply-updates-swapped",
    "error",
    ((Call, check),),
    confirm="none",
    calls=("optax.apply_updates",),
    page=__doc__ or "",
)
