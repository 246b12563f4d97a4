"""A callback lacks the shape of its result.

## Why is this bad?
The result of the host function is not known while tracing: its shape and dtype come second.

## Use instead
`jax.pure_callback(f, jax.ShapeDtypeStruct(shape, dtype), x)`.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule

NAMES = frozenset(("jax.pure_callback", "jax.experimental.io_callback"))


def check(event: Call) -> Iterator[Found]:
    """Report callbacks without a specification."""
    if event.name not in NAMES or event.has_star or "result_shape_dtypes" in event.kwargs:
        return
    second = event.argument(1)
    is_missing = second is None and not event.has_double_star
    if is_missing or (second is not None and second.is_number):
        yield Found(
            event.node,
            f"{event.name.rpartition('.')[2]} needs the shape and dtype of its result as the"
            " second argument: jax.ShapeDtypeStruct(shape, dtype).",
        )
        return
    function = event.args[0].function if event.args else None
    n_passed = len(event.args) - 2
    if function is not None and second is not None and n_passed < function.n_required:
        yield Found(
            event.node,
            f"The callback takes {function.n_required} arguments and gets {n_passed}: the second"
            " argument is the shape and dtype of its result, jax.ShapeDtypeStruct(shape, dtype),"
            " and its own arguments come after.",
        )


RULE = Rule(
    "JAX715",
    "callback-result-shape",
    "error",
    ((Call, check),),
    confirm="trace",
    calls=(*NAMES,),
    page=__doc__ or "",
)
