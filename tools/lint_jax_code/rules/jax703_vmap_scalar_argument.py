"""A scalar is given where vmap maps.

## Why is this bad?
A scalar has no axis to map over: ValueError.

## Use instead
in_axes with None at that place.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: CallTransformed) -> Iterator[Found]:
    """Report numbers at mapped positions."""
    transform = event.transform
    axes = transform.option("in_axes", 0)
    if transform.name != "vmap" or event.has_star or is_guarded(event):
        return
    for position, (value, node) in enumerate(zip(event.args, event.nodes, strict=False)):
        if is_scalar(value) and is_mapped(axes, position):
            yield Found(
                node,
                f"vmap maps `{shown(event.lint, node)}`, and a scalar has no axis: ValueError. Put"
                " None into in_axes there.",
            )
    if transform.inner.name.startswith("jax.random."):
        return
    for keyword in event.node.keywords:
        if keyword.arg is not None and is_scalar(event.kwargs[keyword.arg]):
            yield Found(
                keyword.value,
                f"vmap maps the keyword `{keyword.arg}` over its leading axis, and a scalar has"
                " none: ValueError.",
            )


def is_scalar(value: Value) -> bool:
    """Whether it is a Python number or an array without axes."""
    is_zero_dimensional = value.kind == "array" and value.shape == ()
    return is_zero_dimensional or (value.kind == "static" and value.is_number)


def is_mapped(axes: Value | None, position: int) -> bool:
    """Whether that position is mapped for certain."""
    if axes is None or isinstance(axes.const, int):
        return True
    if axes.items is None or position >= len(axes.items):
        return False
    return isinstance(axes.items[position].const, int)


RULE = Rule(
    "JAX703",
    "vmap-scalar-argument",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
