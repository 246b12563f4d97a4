"""A vmapped function gets arrays whose mapped axes have different lengths.

## Why is this bad?
ValueError, inconsistent sizes for array axes to be mapped.

## Use instead
`in_axes` that name the batch axis of each argument.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value


def check(event: CallTransformed) -> Iterator[Found]:
    """Report calls whose mapped lengths are known and differ."""
    transform = event.transform
    if transform.name != "vmap" or event.has_star or is_guarded(event):
        return
    axes = transform.option("in_axes", 0)
    lengths: dict[int, int | str] = {}
    given: list[tuple[int | str, Value]] = [*enumerate(event.args), *event.kwargs.items()]
    for position, value in given:
        axis = axis_of(axes, position) if isinstance(position, int) else 0
        if axis is None or value.shape is None or not -len(value.shape) <= axis < len(value.shape):
            continue
        length = value.shape[axis]
        if length is not None:
            lengths.setdefault(length, position)
    if len(lengths) > 1:
        said = " and ".join(f"{n} (argument {p})" for n, p in [*lengths.items()][:2])
        yield Found(
            event.node,
            f"The mapped axes have lengths {said}: ValueError. Give in_axes that name the batch"
            " axis of each argument.",
            related=((transform.node, "mapped here"),),
        )


def axis_of(axes: Value | None, position: int) -> int | None:
    """The mapped axis of one argument, where it is written out."""
    if axes is None:
        return 0
    if axes.items is not None:
        axes = axes.items[position] if position < len(axes.items) else Value()
    is_axis = isinstance(axes.const, int) and not isinstance(axes.const, bool)
    return axes.const if is_axis else None


RULE = Rule(
    "JAX718",
    "vmap-sizes-differ",
    "error",
    ((CallTransformed, check),),
    confirm="trace",
    page=__doc__ or "",
)
