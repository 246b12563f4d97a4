"""A condition is an array of several values.

## Why is this bad?
`if` and `while` need one truth value: ValueError. lax.cond and lax.while_loop need a boolean
scalar: TypeError.

## Use instead
`.any()` or `.all()`; jnp.where for a choice by element.
"""

import math
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.events import Branch, Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

LOOP = "jax.lax.while_loop"


def check(event: Branch) -> Iterator[Found]:
    """Report conditions of Python whose shape is known to hold several values."""
    if event.value.traced or is_guarded(event) or is_test_file(event.lint):
        return
    shape = known_shape(event.value)
    if shape is not None and math.prod(shape) > 1:
        yield Found(
            event.test,
            f"`{shown(event.lint, event.test)}` has shape {shape}, and `{event.kind}` needs one"
            " truth value: ValueError. Say whether any or all must hold.",
        )


def check_control(event: Call) -> Iterator[Found]:
    """Report predicates of lax whose shape is known not to be that of a scalar."""
    if event.name == LOOP and len(event.inner) > 1:
        node, value = event.argument_node(0, "cond_fun"), event.inner[1]
        node = value.node if value.node is not None else node
    elif event.name == "jax.lax.cond":
        node, value = event.argument_node(0, "pred"), event.argument(0, "pred")
    else:
        return
    shape = known_shape(value) if value is not None else None
    if node is not None and shape and not is_guarded(event):
        yield Found(
            node,
            f"The condition of {event.name} has shape {shape}, and must be a scalar: TypeError."
            " Reduce it with jnp.any or jnp.all.",
        )


def known_shape(value: Value) -> tuple[int, ...] | None:
    """The shape of an array, where each length is known."""
    if value.kind != "array" or value.shape is None:
        return None
    lengths = [n for n in value.shape if n is not None]
    return tuple(lengths) if len(lengths) == len(value.shape) else None


RULE = Rule(
    "JAX721",
    "condition-of-many",
    "error",
    ((Branch, check), (Call, check_control)),
    confirm="trace",
    calls=("jax.lax.",),
    page=__doc__ or "",
)
