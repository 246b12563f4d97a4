"""A vmapped sampler gets settings as keyword arguments.

## Why is this bad?
vmap maps every keyword argument over its leading axis; shapes, dtypes and numbers have none:
TypeError or ValueError.

## Use instead
A lambda with the settings inside, or functools.partial of the sampler.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule


def check(event: CallTransformed) -> Iterator[Found]:
    """Report keyword settings at calls of vmapped functions."""
    transform = event.transform
    if transform.name != "vmap" or not transform.inner.name.startswith("jax.random."):
        return
    for name, value in event.kwargs.items():
        is_setting = value.kind in {"static", "tuple", "name"} and value.op != "result"
        if is_setting:
            yield Found(
                event.node,
                f"vmap maps the keyword `{name}` over its leading axis, and it has none. Put the"
                " settings into a lambda inside vmap.",
            )
            return


RULE = Rule(
    "JAX306",
    "sampler-vmap-kwargs",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
