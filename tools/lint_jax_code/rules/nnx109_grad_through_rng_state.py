"""jax.grad of a module with random state.

## Why is this bad?
The counts of its random streams are integers, and jax.grad differentiates everything: TypeError.

## Use instead
nnx.grad, nnx.value_and_grad.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.parameters import positions
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: CallTransformed) -> Iterator[Found]:
    """Report modules with random streams at differentiated positions."""
    transform = event.transform
    if transform.name not in {"grad", "value_and_grad"} or event.has_star:
        return
    if not transform.dotted.startswith("jax.") or transform.option("allow_int") is not None:
        return
    wanted = positions(transform.option("argnums", 0), (0,))
    for position, (value, node) in enumerate(zip(event.args, event.nodes, strict=False)):
        if wanted is not None and position in wanted and has_streams(value):
            yield Found(
                event.node,
                f"`{shown(event.lint, node)}` holds random streams, whose counts are integers:"
                f" TypeError. Use nnx.{transform.name}.",
            )
            return


def has_streams(value: Value) -> bool:
    """Whether a module of this file has a Dropout with rngs, or keeps its Rngs."""
    if value.kind != "instance" or value.klass is None or not value.klass.is_nnx_module:
        return False
    return any(
        part.constructor == "flax.nnx.Rngs"
        or (part.constructor == "flax.nnx.Dropout" and "rngs" in part.kwargs)
        for part in value.attributes.values()
    )


RULE = Rule(
    "NNX109",
    "grad-through-rng-state",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
