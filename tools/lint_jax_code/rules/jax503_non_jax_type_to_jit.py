"""A jitted function gets an argument that is no array.

## Why is this bad?
Arguments of jit are traced; strings, functions, classes and optax transformations can't be:
TypeError.

## Use instead
static_argnames, or close over it.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.calls_of import arguments_of
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: CallTransformed) -> Iterator[Found]:
    """Report arguments that JAX has no type for."""
    transform = event.transform
    if transform.name != "jit" or not transform.dotted.startswith("jax."):
        return
    for passed in arguments_of(event):
        value = passed.value
        is_text = isinstance(value.const, str)
        is_callable = value.kind in {"function", "class", "transformed"} or (
            value.kind == "object" and value.op.startswith("optax.") and is_optimizer(value)
        )
        if not passed.is_static and (is_text or is_callable) and not is_guarded(event):
            yield Found(
                passed.node,
                f"`{shown(event.lint, passed.node)}` is no JAX type, and jit traces this argument:"
                " TypeError. Make it static, or close over it.",
            )


def is_optimizer(value: Value) -> bool:
    """Whether it is a gradient transformation, not a state."""
    return value.op.rpartition(".")[2][:1].islower() and "schedule" not in value.op


RULE = Rule(
    "JAX503",
    "non-jax-type-to-jit",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
