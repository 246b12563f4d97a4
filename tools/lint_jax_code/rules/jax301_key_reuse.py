"""A random key is used twice.

## Why is this bad?
Two draws from one key are the same numbers, not independent ones; nothing is raised.

## Use instead
A key for each use: `key_a, key_b = jax.random.split(key)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_test_file, key_name
from jax_workbench.tools.lint_jax_code.engine.events import Consume
from jax_workbench.tools.lint_jax_code.engine.keys import FOLD_IN
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Consume) -> Iterator[Found]:
    """Report second uses on one path."""
    earlier = event.earlier
    if earlier is None or event.by_repetition or earlier.by == "jax.random.split":
        return
    severity = "info" if is_test_file(event.lint) else None
    if event.by == FOLD_IN:
        yield Found(
            event.node,
            f"fold_in derives the same key here as on line {event.lint.line(earlier.node)}, and"
            " both are used: the numbers repeat. Fold another number in.",
            related=((earlier.node, "the same key"),),
            severity=severity,
        )
        return
    name = key_name(event)
    yield Found(
        event.node,
        f"`{name}` is used again; {earlier.by.rpartition('.')[2]} on line"
        f" {event.lint.line(earlier.node)} used it up, so the numbers repeat. Split it first.",
        related=((earlier.node, "used here before"),),
        severity=severity,
    )


RULE = Rule(
    "JAX301",
    "key-reuse",
    "error",
    ((Consume, check),),
    confirm="key_reuse",
    page=__doc__ or "",
)
