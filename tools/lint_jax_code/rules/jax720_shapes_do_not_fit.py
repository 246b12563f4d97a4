"""Arrays are combined whose shapes are known and do not fit.

## Why is this bad?
TypeError or ValueError at the operation.

## Use instead
The axes in the order that the operation wants, or a reshape.
"""

import ast
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_guarded, is_test_file, shown
from jax_workbench.tools.lint_jax_code.engine.canonical import last
from jax_workbench.tools.lint_jax_code.engine.events import Binary, Call
from jax_workbench.tools.lint_jax_code.engine.operation_shapes import operation_shape
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.shaping import (
    ShapesDiffer,
    broadcast,
    product,
    shape_of_value,
)

STARTS = {"dynamic_slice": (0, 1), "dynamic_update_slice": (0, 2)}
"""Where the array is, and where its start indices."""


def check(event: Binary) -> Iterator[Found]:
    """Report arithmetic on shapes that do not broadcast."""
    if "array" not in {event.left.kind, event.right.kind} or is_excused(event):
        return
    combine = product if isinstance(event.operator, ast.MatMult) else broadcast
    left, right = shape_of_value(event.left), shape_of_value(event.right)
    try:
        combine(left, right)
    except ShapesDiffer:
        yield Found(
            event.node,
            f"`{shown(event.lint, event.node)}` combines shapes {left} and {right}: TypeError."
            " Turn or reshape one of them.",
        )


def check_call(event: Call) -> Iterator[Found]:
    """Report functions and methods whose arrays do not fit, and start indices that are too few."""
    word = last(event.name)
    if is_excused(event):
        return
    if event.name.startswith("jax.lax.") and word in STARTS:
        yield from starts(event, word)
        return
    owner = event.owner
    is_method = not event.name and owner is not None and owner.kind == "array"
    if not event.name.startswith("jax.numpy.") and not is_method:
        return
    operands = [owner, *event.args] if is_method and owner is not None else event.args
    try:
        operation_shape(event, word or event.method, operands)
    except ShapesDiffer:
        shapes = [str(v.shape) for v in operands if v.shape is not None]
        said = f" {' and '.join(shapes[:2])}" if shapes else ""
        yield Found(
            event.node,
            f"The shapes{said} do not fit in {word or event.method}: TypeError. Turn or reshape"
            " one of them.",
        )


def starts(event: Call, word: str) -> Iterator[Found]:
    """Report a number of start indices that is not that of the axes."""
    place, start = STARTS[word]
    array, indices = event.argument(place, "operand"), event.argument(start, "start_indices")
    if array is None or array.shape is None or indices is None or indices.items is None:
        return
    if len(indices.items) != len(array.shape):
        yield Found(
            event.node,
            f"{word} needs one start index for each of the {len(array.shape)} axes, and gets"
            f" {len(indices.items)}: TypeError.",
        )


def is_excused(event: Binary | Call) -> bool:
    """Whether what is raised is caught or wanted."""
    return is_guarded(event) or is_test_file(event.lint)


RULE = Rule(
    "JAX720",
    "shapes-do-not-fit",
    "error",
    ((Binary, check), (Call, check_call)),
    confirm="trace",
    page=__doc__ or "",
)
