"""A differentiated function returns a tuple, and has_aux is not set.

## Why is this bad?
grad needs a scalar; with has_aux=True it takes the first of a pair and hands out the rest.

## Use instead
`jax.grad(f, has_aux=True)`, and unpack what it gives.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.calls_of import inner_function
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Remember which gradient is being taken."""
    function = inner_function(event.transform)
    if event.transform.name in {"grad", "value_and_grad"} and function is not None:
        event.lint.scratch["JAX709"] = (function.node, event.node, event.transform)
    return iter(())


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report tuples without has_aux, and scalars with it."""
    node, call, transform = event.lint.scratch.get("JAX709", (None, None, None))
    if node is not event.function.node or transform.inner.kind != "function":
        return
    if not event.returned or is_guarded(event):
        return
    aux = transform.option("has_aux", 1)
    has_aux = aux is not None and aux.const is not False
    values = [value for _, value in event.returned]
    related = ((event.returned[0][0], "returned here"),)
    if not has_aux and all(v.kind == "tuple" and v.op != "passed" for v in values):
        yield Found(
            call,
            f"The function returns a tuple, and {transform.name} needs a scalar: TypeError. Set"
            " has_aux=True.",
            related=related,
        )
    elif aux is not None and aux.const is True and all(v.kind == "array" for v in values):
        yield Found(
            call,
            "has_aux=True needs a pair (value, aux), and the function returns one array:"
            " TypeError.",
            related=related,
        )


RULE = Rule(
    "JAX709",
    "has-aux-mismatch",
    "error",
    (
        (CallTransformed, check_call),
        (FunctionEnd, check),
    ),
    confirm="trace",
    page=__doc__ or "",
)
