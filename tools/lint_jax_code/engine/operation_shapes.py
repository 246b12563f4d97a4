"""Shapes of the results of functions and methods on arrays."""

import math

from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.keys import literal_shape
from jax_workbench.tools.lint_jax_code.engine.shaping import (
    Shape,
    ShapesDiffer,
    broadcast,
    joined_along,
    product,
    reduced,
    reshaped,
    shape_of_value,
)
from jax_workbench.tools.lint_jax_code.engine.values import Value, static

REDUCING = frozenset(
    [
        *("sum", "mean", "max", "min", "prod", "std", "var", "any", "all", "median"),
        *("argmax", "argmin", "logsumexp", "nansum", "nanmean", "nanmax", "nanmin"),
    ]
)
PAIRING = frozenset(
    [
        *("add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "arctan2"),
        *("logaddexp", "greater", "less", "equal", "not_equal", "hypot", "mod"),
    ]
)
AXIS_AFTER = 1


def operation_shape(event: Call, name: str, operands: list[Value]) -> Shape | None:
    """The shape of a result; None where it is not proven. Raises ShapesDiffer.

    `operands` are the arguments, the array of a method first.
    """
    if not operands:
        return None
    first = operands[0]
    shape = shape_of_value(first)
    rest = operands[1:]
    axis = event.kwargs.get("axis") or (rest[0] if rest else None)
    if name == "append" and len(rest) == 1 and "axis" not in event.kwargs:
        return _appended(shape, shape_of_value(rest[0]))
    if name in REDUCING and (shape is not None or not event.has_star):
        return reduced(shape, axis, event.kwargs.get("keepdims"))
    if name in PAIRING and rest:
        return broadcast(shape, shape_of_value(rest[0]))
    if name == "where" and len(rest) > 1:
        return broadcast(broadcast(shape, shape_of_value(rest[0])), shape_of_value(rest[1]))
    if name in {"matmul", "dot"} and rest:
        return _multiplied(name, shape, rest[0])
    if name == "reshape":
        return reshaped(shape, _wanted(event, rest))
    if name in {"ravel", "flatten"}:
        return reshaped(shape, (-1,))
    if name in {"transpose", "matrix_transpose"} and shape is not None:
        return shape[::-1] if not rest and "axes" not in event.kwargs else None
    if name in {"concatenate", "stack", "vstack", "hstack"}:
        return _put_together(name, first, event.argument(AXIS_AFTER, "axis"))
    if name == "expand_dims" and shape is not None and axis is not None:
        return _expanded(shape, axis)
    if name == "one_hot" and shape is not None and rest:
        return (*shape, rest[0].const if isinstance(rest[0].const, int) else None)
    if name == "outer" and rest:
        lengths = [shape_of_value(v) for v in (first, rest[0])]
        return (*lengths[0], *lengths[1]) if lengths[0] and lengths[1] else None
    return None


def _multiplied(name: str, shape: Shape | None, other: Value) -> Shape | None:
    right = shape_of_value(other)
    if name == "dot" and right is not None and len(right) > 2:
        return None
    return product(shape, right)


def _appended(shape: Shape | None, more: Shape | None) -> Shape | None:
    if shape is None or more is None:
        return None
    lengths = [n for n in (*shape, *more) if n is not None]
    if len(lengths) < len(shape) + len(more):
        return None
    return (math.prod(lengths[: len(shape)]) + math.prod(lengths[len(shape) :]),)


def _wanted(event: Call, rest: list[Value]) -> Shape | None:
    given = event.kwargs.get("shape")
    if given is not None or len(rest) == 1:
        return literal_shape(given or rest[0])
    return literal_shape(Value("tuple", items=rest)) if rest else None


def _put_together(name: str, parts: Value, axis: Value | None) -> Shape | None:
    items = parts.items
    place = axis if axis is not None else static(0)
    if not items or not isinstance(place.const, int):
        return None
    if name in {"vstack", "hstack"}:
        return None
    if name == "concatenate":
        return joined_along(items, place.const)
    shapes = [shape_of_value(item) for item in items]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    first = known[0]
    if any(len(shape) != len(first) for shape in known):
        raise ShapesDiffer
    position = place.const % (len(first) + 1)
    return (*first[:position], len(items), *first[position:])


def _expanded(shape: Shape, axis: Value) -> Shape | None:
    if not isinstance(axis.const, int) or not -len(shape) - 1 <= axis.const <= len(shape):
        return None
    position = axis.const % (len(shape) + 1)
    return (*shape[:position], 1, *shape[position:])
