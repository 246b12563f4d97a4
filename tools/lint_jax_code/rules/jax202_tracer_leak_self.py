"""A traced value is stored on an object that outlives the transformed function.

## Why is this bad?
The attribute holds a tracer of a finished trace; using it later raises UnexpectedTracerError,
under grad as well.

## Use instead
Return the value and store it outside.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import holds_tracer, outlives, shown
from jax_workbench.tools.lint_jax_code.engine.events import StoreAttribute
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: StoreAttribute) -> Iterator[Found]:
    """Report stores of traced values on plain objects from outside."""
    base = event.base
    if base.kind != "instance" or base.klass is None or not base.klass.is_plain:
        return
    function = event.frame.root.function
    if function is not None and function.name in {"__init__", "__post_init__", "setup"}:
        return
    if holds_tracer(event, event.value) and outlives(event, base):
        yield Found(
            event.target,
            f"`{shown(event.lint, event.target)}` keeps a tracer after the transformed function"
            " ends: UnexpectedTracerError at its next use. Return the value instead.",
        )


RULE = Rule(
    "JAX202",
    "tracer-leak-self",
    "error",
    ((StoreAttribute, check),),
    confirm="leak",
    page=__doc__ or "",
)
