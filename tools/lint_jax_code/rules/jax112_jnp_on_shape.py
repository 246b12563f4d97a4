"""A shape is computed with jax.numpy in staged code.

## Why is this bad?
Under jit the result of every jnp function is a tracer, even of integers; a shape needs a Python
integer.

## Use instead
min, max, sum, math.prod, // and % on the Python integers.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_abstract, shown
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shapes import SHAPED_CALLS, shape_arguments
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: Call) -> Iterator[Found]:
    """Report shape entries that jnp computed from shapes."""
    for value, node in shape_arguments(event):
        if not is_abstract(event, value) or not value.op.startswith("jax.numpy."):
            continue
        if value.args and all(is_of_shapes(a) for a in value.args):
            yield Found(
                node,
                f"`{shown(event.lint, node)}` is traced under jit although it is computed from"
                " shapes. Use Python's min, max, sum or math.prod.",
            )
            return


def is_of_shapes(value: Value) -> bool:
    """Whether it is made of Python's numbers and shapes alone."""
    if value.op.startswith("jax.numpy.") and value.args:
        return all(is_of_shapes(part) for part in value.args)
    return value.kind in {"shape", "static"} or value.op == "shape"


RULE = Rule(
    "JAX112",
    "jnp-on-shape",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=SHAPED_CALLS,
    instead_of=("JAX110",),
    page=__doc__ or "",
)
