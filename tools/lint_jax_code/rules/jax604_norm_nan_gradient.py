"""A norm of a difference is differentiated.

## Why is this bad?
The gradient of a norm at zero is nan: it appears as soon as two points coincide.

## Use instead
`jnp.sqrt(jnp.sum(d ** 2) + eps)`, or two wheres.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import (
    is_differentiated,
    is_guarded,
    is_test_file,
    shown,
)
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.keys import origin
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report norms and roots of sums of squares of differences."""
    if not event.args or not is_norm(event) or is_guarded(event) or is_test_file(event.lint):
        return
    if is_differentiated(event):
        yield Found(
            event.node,
            f"The gradient of `{shown(event.lint, event.node)}` is nan where the difference is"
            " zero. Add a small number under the root.",
            severity="info" if event.lint.profile == "library" else None,
        )


def is_norm(event: Call) -> bool:
    """Whether it has a root that can be of zero, with nothing added under it."""
    value = event.args[0]
    is_by_row = "axis" in event.kwargs or len(event.args) > 1
    if event.name == "jax.numpy.linalg.norm":
        return value.op == "Sub" or is_by_row or starts_at_zero(value)
    if event.name == "jax.numpy.hypot":
        return all(v.op == "Sub" for v in event.args[:2])
    if event.name == "jax.numpy.std":
        return True
    if event.name != "jax.numpy.sqrt" or value.op not in {"jax.numpy.sum", ".sum"}:
        return False
    squared = value.args[0]
    inner = squared.args[0] if squared.args else squared
    is_square = squared.op == "jax.numpy.square" or (
        squared.op == "Pow" and len(squared.args) == 2 and squared.args[1].const == 2
    )
    is_by_row = "axis" in value.kwargs or len(value.args) > 1
    return is_square and (inner.op == "Sub" or is_by_row or starts_at_zero(inner))


def starts_at_zero(value: Value) -> bool:
    """Whether the caller passes an array of zeros."""
    start = origin(value)
    return start.op in {"jax.numpy.zeros", "jax.numpy.zeros_like"} or start.const == 0


RULE = Rule(
    "JAX604",
    "norm-nan-gradient",
    "warning",
    ((Call, check),),
    confirm="gradient",
    calls=("jax.numpy.",),
    page=__doc__ or "",
)
