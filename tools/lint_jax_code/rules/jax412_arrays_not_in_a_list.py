"""Arrays are given one by one where one list of arrays is taken.

## Why is this bad?
The second array is taken for the axis: TypeError.

## Use instead
`jnp.concatenate([a, b])`, `jnp.stack([a, b])`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

JOINING = frozenset(("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack"))


def check(event: Call) -> Iterator[Found]:
    """Report two arrays in a row."""
    word = event.name.removeprefix("jax.numpy.")
    if word not in JOINING or len(event.args) < 2 or event.has_star or is_guarded(event):
        return
    if is_one(event.args[0]) and is_one(event.args[1]):
        yield Found(
            event.node,
            f"{word} takes one list of arrays, and the second array stands in the place of an"
            f" option: TypeError. Write jnp.{word}([a, b]).",
        )


def is_one(value: Value) -> bool:
    """Whether it is an array, or a traced argument."""
    return value.kind == "array" or (value.kind == "pytree" and value.traced > 0)


RULE = Rule(
    "JAX412",
    "arrays-not-in-a-list",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
