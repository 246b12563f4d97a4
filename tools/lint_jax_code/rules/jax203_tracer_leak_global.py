"""A traced value is assigned to a global or nonlocal name.

## Why is this bad?
The name holds a tracer of a finished trace; using it later raises UnexpectedTracerError.

## Use instead
Return the value.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import holds_tracer
from jax_workbench.tools.lint_jax_code.engine.events import Bind
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: Bind) -> Iterator[Found]:
    """Report outer names bound to traced values."""
    if not event.is_outer or event.staged == 0 or not holds_tracer(event, event.value):
        return
    outer = event.frame.root.outer
    while outer is not None and outer.outer is not None and event.name not in outer.names:
        outer = outer.outer
    if outer is not None and outer.staged == 0:
        yield Found(
            event.node,
            f"`{event.name}` keeps a tracer after the transformed function ends:"
            " UnexpectedTracerError at its next use. Return the value instead.",
        )


RULE = Rule(
    "JAX203",
    "tracer-leak-global",
    "error",
    ((Bind, check),),
    confirm="leak",
    page=__doc__ or "",
)
