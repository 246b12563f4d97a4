"""What scan or vmap goes through has different lengths.

## Why is this bad?
All leaves are gone through together, and `length` must be theirs: ValueError. A list of arrays is
a tree of leaves, not one stack.

## Use instead
`jnp.stack(list_of_arrays)`; in_axes of None for what is not mapped.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded
from jax_workbench.tools.lint_jax_code.engine.events import Call, CallTransformed
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value, leaves


def check(event: Call) -> Iterator[Found]:
    """Report scans whose leaves or length disagree, and lists of layers as xs."""
    xs, length = event.argument(2, "xs"), event.argument(3, "length")
    if xs is None or is_guarded(event):
        return
    found = {leaf.shape[0] for leaf in leaves(xs) if leaf.kind == "array" and leaf.shape}
    found.discard(None)
    if length is not None and isinstance(length.const, int):
        found.add(length.const)
    if len(found) > 1:
        said = " and ".join(map(str, sorted(n for n in found if n is not None)))
        yield Found(
            event.node, f"scan goes through lengths {said} together: ValueError. Make them one."
        )


def check_mapped(event: CallTransformed) -> Iterator[Found]:
    """Report vmapped trees whose leaves have different lengths, and nothing that is mapped."""
    transform = event.transform
    if transform.name != "vmap" or event.has_star or is_guarded(event):
        return
    axes = transform.option("in_axes", 0)
    if is_all_none(axes) and transform.option("axis_size") is None and not event.kwargs:
        yield Found(
            event.node,
            "in_axes is None for every argument: ValueError, vmap has nothing to map over.",
            related=((transform.node, "in_axes"),),
        )
        return
    if axes is not None and axes.const != 0:
        return
    trees = [value for value in event.args if value.kind in {"dict", "list", "tuple"}]
    parts = [leaf for value in event.args for leaf in leaves(value)]
    found = {leaf.shape[0] for leaf in parts if leaf.kind == "array" and leaf.shape}
    if trees and len(found - {None}) > 1:
        yield Found(
            event.node,
            f"The mapped leaves have lengths {sorted(n for n in found if n is not None)}:"
            " ValueError. Give in_axes=None for what is not mapped.",
            related=((transform.node, "mapped here"),),
        )


def is_all_none(axes: Value | None) -> bool:
    """Whether in_axes is a tuple of None."""
    if axes is None:
        return False
    parts = axes.items if axes.items is not None else [axes]
    return bool(parts) and all(part.has_const and part.const is None for part in parts)


RULE = Rule(
    "JAX724",
    "scanned-lengths-differ",
    "error",
    ((Call, check), (CallTransformed, check_mapped)),
    confirm="trace",
    calls=("jax.lax.scan",),
    page=__doc__ or "",
)
