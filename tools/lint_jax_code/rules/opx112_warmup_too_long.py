"""A schedule warms up for longer than it lasts.

## Why is this bad?
decay_steps counts the warm-up: ValueError, no positive number of steps is left.

## Use instead
`decay_steps` as the whole length, above `warmup_steps`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

SCHEDULES = {
    "optax.warmup_cosine_decay_schedule": (2, 3),
    "optax.schedules.warmup_cosine_decay_schedule": (2, 3),
}


def check(event: Call) -> Iterator[Found]:
    """Report written-out numbers of steps that leave nothing to decay."""
    places = SCHEDULES.get(event.name)
    if places is None:
        return
    warm, whole = (
        event.argument(places[0], "warmup_steps"),
        event.argument(places[1], "decay_steps"),
    )
    if warm is None or whole is None or not warm.is_number or not whole.is_number:
        return
    if warm.const >= whole.const:
        yield Found(
            event.node,
            f"{warm.const} steps of warm-up are no fewer than all {whole.const}: ValueError."
            " decay_steps counts the warm-up.",
        )


RULE = Rule(
    "OPX112",
    "warmup-too-long",
    "error",
    ((Call, check),),
    confirm="run",
    calls=("optax.",),
    page=__doc__ or "",
)
