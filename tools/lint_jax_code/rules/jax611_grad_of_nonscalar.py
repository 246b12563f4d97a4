"""grad is taken of a function whose value is no scalar.

## Why is this bad?
grad needs a scalar output: TypeError.

## Use instead
Reduce with sum or mean, vmap the gradient, or use jacrev.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.calls_of import inner_function
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Remember which gradient is being taken."""
    if is_second_of_vector(event):
        yield Found(
            event.node,
            f"The inner gradient has the shape {event.args[0].shape} of its argument, and grad"
            " needs a scalar: TypeError. Use jax.hessian, or jacfwd around the gradient.",
        )
    function = inner_function(event.transform)
    if event.transform.name in {"grad", "value_and_grad"} and function is not None:
        event.lint.scratch["JAX611"] = (function.node, event.node, event.transform)


def is_second_of_vector(event: CallTransformed) -> bool:
    """Whether it is the gradient of a gradient at an array with axes."""
    inner = event.transform.inner.transform
    names = (event.transform.name, inner.name if inner is not None else "")
    first = event.args[0] if event.args else None
    is_vector = first is not None and first.kind == "array" and first.shape not in {None, ()}
    has_argnums = event.transform.option("argnums", 0) is not None
    return names == ("grad", "grad") and is_vector and not has_argnums


def check(event: FunctionEnd) -> Iterator[Found]:
    """Report vectors, lists and dicts that the differentiated function returns."""
    node, call, transform = event.lint.scratch.get("JAX611", (None, None, None))
    if node is not event.function.node or transform.option("has_aux") is not None:
        return
    if transform.inner.kind != "function" or not event.returned:
        return
    values = [value for _, value in event.returned]
    is_vector = all(v.kind == "array" and v.shape not in {None, ()} for v in values)
    is_vector = is_vector and all(n != 1 for v in values for n in v.shape or ())
    if is_vector or all(v.kind in {"list", "dict"} for v in values):
        form = f"of shape {values[0].shape}" if is_vector else f"in a {values[0].kind}"
        yield Found(
            call,
            f"The function returns values {form}, and {transform.name} needs a scalar: TypeError."
            " Sum it, or use jacrev.",
            related=((event.returned[0][0], "returned here"),),
        )


RULE = Rule(
    "JAX611",
    "grad-of-nonscalar",
    "error",
    (
        (CallTransformed, check_call),
        (FunctionEnd, check),
    ),
    confirm="trace",
    page=__doc__ or "",
)
