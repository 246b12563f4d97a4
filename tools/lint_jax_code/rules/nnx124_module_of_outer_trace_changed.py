"""Code under a transformation changes a module that it closes over.

## Why is this bad?
A variable can only be changed at the trace level where it was made: TraceContextError.

## Use instead
Pass the module as an argument, to nnx.jit, nnx.grad or nnx.vmap.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import Event
from jax_workbench.tools.lint_jax_code.engine.nnx import is_of_outer_trace
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value
from jax_workbench.tools.lint_jax_code.rules.nnx106_jax_jit_loses_state import changes

TRACING = frozenset(("jit", "vmap", "checkpoint", "pmap", "grad", "value_and_grad"))


def found(event: Event, owner: Value) -> Iterator[Found]:
    """The finding where the variable is changed."""
    names = {t.name for t in event.frame.transforms}
    if not names & TRACING or is_guarded(event) or not is_of_outer_trace(event, owner):
        return
    yield Found(
        event.node,
        f"`{shown(event.lint, event.node)}` changes a module that was made outside of the"
        " transformation around and is not passed to it: TraceContextError. Pass it as an"
        " argument.",
        related=tuple((t.node, "the transformation") for t in event.frame.transforms[:1]),
    )


RULE = Rule(
    "NNX124",
    "module-of-outer-trace-changed",
    "error",
    changes(found),
    confirm="run",
    page=__doc__ or "",
)
