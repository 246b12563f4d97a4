"""A shape is taken from a traced value.

## Why is this bad?
Shapes must be Python integers while tracing; a tracer raises TypeError or
ConcretizationTypeError.

## Use instead
A static argument, or an array whose own shape carries the number.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_traced, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shapes import SHAPED_CALLS, shape_arguments
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report traced entries of shape arguments."""
    for value, node in shape_arguments(event):
        if is_traced(event, value) and not only_shapes(value):
            yield Found(
                node,
                f"`{shown(event.lint, node)}` is traced, and a shape or axis needs Python integers."
                " Make it static, or take it from an array's shape.",
            )
            return


def only_shapes(value: Value) -> bool:
    """Whether it was computed by jnp from shapes alone, which JAX112 reports."""
    return bool(value.args) and all(a.kind in {"shape", "static"} for a in value.args)


RULE = Rule(
    "JAX110",
    "traced-shape-argument",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=SHAPED_CALLS,
    page=__doc__ or "",
)
