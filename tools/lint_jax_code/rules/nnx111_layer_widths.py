"""A layer gets another width than it was made for.

## Why is this bad?
TypeError: the contracted dimensions differ.

## Use instead
`in_features` of a layer as `out_features` of the one before.
"""

from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.creation import SAME_SHAPE
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Value

LINEAR = {"flax.nnx.Linear": (0, 1, "in_features", "out_features")}
KEEPING = frozenset(
    (
        *("flax.nnx.Dropout", "flax.nnx.LayerNorm", "flax.nnx.BatchNorm", "flax.nnx.RMSNorm"),
        *("flax.nnx.GroupNorm",),
    )
)
DEEPEST = 8


def check(event: Call) -> Iterator[Found]:
    """Report linear layers whose input has another known width."""
    wanted = part_of(event.callee, is_input=True)
    if wanted is None or not event.args or is_guarded(event):
        return
    given = width_of(event.args[0])
    if given is not None and given != wanted:
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node.func)}` takes a width of {wanted} and gets {given}:"
            " TypeError. Make the widths one.",
        )


def part_of(layer: Value, *, is_input: bool) -> int | None:
    """One of the two widths of a linear layer, where it is written out."""
    place = LINEAR.get(layer.constructor)
    if place is None:
        return None
    position, name = (place[0], place[2]) if is_input else (place[1], place[3])
    value = layer.kwargs.get(name) or (layer.args[position] if len(layer.args) > position else None)
    return value.const if value is not None and isinstance(value.const, int) else None


def width_of(value: Value, depth: int = DEEPEST) -> int | None:
    """The last axis of an array; None where it is not known."""
    if value.shape:
        return value.shape[-1]
    if depth == 0 or not value.args:
        return None
    if value.op == "layer" and value.parent is not None:
        if value.parent.constructor in KEEPING:
            return width_of(value.args[0], depth - 1)
        return part_of(value.parent, is_input=False)
    return width_of(value.args[0], depth - 1) if last(value.op) in SAME_SHAPE else None


RULE = Rule(
    "NNX111",
    "layer-widths",
    "error",
    ((Call, check),),
    confirm="trace",
    page=__doc__ or "",
)
