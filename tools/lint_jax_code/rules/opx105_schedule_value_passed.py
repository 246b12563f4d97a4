"""The value of a schedule is given as the learning rate.

## Why is this bad?
The rate stays at the value of that one step.

## Use instead
The schedule itself: `optax.sgd(schedule)`.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import replaced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Fix, Found, Rule

ENDS = ("_schedule", "_decay", "piecewise_interpolate", "join_schedules", "sgdr_schedule")


def check(event: Call) -> Iterator[Found]:
    """Report values of schedules at constructors of optimisers."""
    if not event.name.startswith("optax.") or event.name.endswith("_schedule"):
        return
    value = event.argument(0, "learning_rate")
    node = event.argument_node(0, "learning_rate")
    if value is None or not isinstance(node, ast.Call) or event.frame.in_loop:
        return
    schedule = value.parent
    if value.op == "call" and schedule is not None and is_schedule(schedule.constructor):
        edit = replaced(event.lint, node, event.lint.text(node.func))
        yield Found(
            node,
            f"`{shown(event.lint, node)}` is one number of the schedule: the rate never changes."
            " Pass the schedule itself.",
            fix=Fix("unsafe", "Pass the schedule", (edit,)),
        )


def is_schedule(maker: str) -> bool:
    """Whether a constructor of optax gives a schedule."""
    return maker.endswith(ENDS) and maker.startswith("optax.")


RULE = Rule(
    "OPX105",
    "schedule-value-passed",
    "warning",
    ((Call, check),),
    confirm="none",
    calls=("optax.",),
    page=__doc__ or "",
)
