"""Shapes of what operations on arrays give. `None` is a shape, or a length, that is not known."""

from typing import Final

from jax_workbench.tools.lint_jax_code.engine.values import Value

type Shape = tuple[int | None, ...]

NUMBERS: Final = frozenset(("int", "float", "bool", "complex"))
MAX_ENTRIES: Final = 8


class ShapesDiffer(ValueError):
    """Two shapes are proven not to fit."""


def shape_of_value(value: Value) -> Shape | None:
    """The shape of an operand; a Python number has none of its own."""
    if value.kind in {"array", "numpy"}:
        return value.shape
    is_number = value.is_number or value.dtype in NUMBERS
    return () if value.kind in {"static", "shape"} and is_number else None


def broadcast(left: Shape | None, right: Shape | None) -> Shape | None:
    """NumPy's broadcasting of two shapes. Raises ShapesDiffer."""
    if left is None or right is None:
        return None
    short, long = sorted((left, right), key=len)
    padded = (1,) * (len(long) - len(short)) + short
    return tuple(_length(a, b) for a, b in zip(padded, long, strict=True))


def _length(one: int | None, other: int | None) -> int | None:
    if other in {one, 1}:
        return one
    if one == 1:
        return other
    if one is None or other is None:
        return None
    raise ShapesDiffer


def product(left: Shape | None, right: Shape | None) -> Shape | None:
    """`left @ right`. Raises ShapesDiffer."""
    if not left or not right:
        return None
    inner = right[-2:][0]
    if left[-1] is not None and inner is not None and left[-1] != inner:
        raise ShapesDiffer
    batch = broadcast(left[:-2], right[:-2])
    if batch is None:
        return None
    rows = left[-2:-1]
    columns = right[-1:] if len(right) > 1 else ()
    return (*batch, *rows, *columns)


def reduced(shape: Shape | None, axis: Value | None, keepdims: Value | None) -> Shape | None:
    """The shape that is left when axes are summed over."""
    if keepdims is not None and keepdims.const is not False:
        return None
    if axis is None or (axis.has_const and axis.const is None):
        return ()
    if shape is None:
        return None
    entries = axis.items if axis.items is not None else [axis]
    axes: set[int] = set()
    for entry in entries:
        if not isinstance(entry.const, int) or not -len(shape) <= entry.const < len(shape):
            return None
        axes.add(entry.const % len(shape))
    return tuple(n for position, n in enumerate(shape) if position not in axes)


def indexed(shape: Shape | None, index: Value) -> Shape | None:
    """The shape of `array[index]`."""
    if shape is None:
        return None
    entries = index.items if index.kind == "tuple" else [index]
    if entries is None or len(entries) > MAX_ENTRIES:
        return None
    taken = sum(not _adds_axis(e) and e.const is not Ellipsis for e in entries)
    if taken > len(shape) or sum(_is_array(e) for e in entries) > 1:
        return None
    left = list(shape)
    made: list[int | None] = []
    for entry in entries:
        if _adds_axis(entry):
            made.append(1)
        elif entry.has_const and entry.const is Ellipsis:
            n_kept = len(shape) - taken
            made += left[:n_kept]
            left = left[n_kept:]
        else:
            one = _picked(left.pop(0), entry)
            if one is None:
                return None
            made += one
    return (*made, *left)


def _adds_axis(entry: Value) -> bool:
    return entry.has_const and entry.const is None


def _is_array(entry: Value) -> bool:
    return entry.kind in {"array", "numpy", "list"}


def _picked(length: int | None, entry: Value) -> Shape | None:
    """What one entry of an index leaves of an axis; None where that is not known."""
    if entry.op == "slice":
        bounds = [a.const if a.has_const else ... for a in entry.args]
        if all(b is None for b in bounds):
            return (length,)
        if length is None or not all(b is None or isinstance(b, int) for b in bounds):
            return (None,)
        start, stop, step = (bound if isinstance(bound, int) else None for bound in bounds)
        return (len(range(length)[start:stop:step]),) if step != 0 else None
    if entry.kind == "array":
        return entry.shape if entry.dtype != "bool" else None
    is_integer = isinstance(entry.const, int) or entry.dtype == "int" or entry.kind == "shape"
    return () if is_integer and not isinstance(entry.const, bool) else None


def reshaped(shape: Shape | None, wanted: Shape | None) -> Shape | None:
    """`array.reshape(wanted)`, with one -1. Raises ShapesDiffer."""
    if wanted is None or wanted.count(-1) > 1:
        return None
    n_values = _count(shape)
    others = _count(tuple(n for n in wanted if n != -1))
    if n_values is None or others is None:
        return tuple(None if n == -1 else n for n in wanted)
    if -1 not in wanted:
        if others != n_values:
            raise ShapesDiffer
        return wanted
    if others == 0 or n_values % others:
        raise ShapesDiffer
    return tuple(n_values // others if n == -1 else n for n in wanted)


def _count(shape: Shape | None) -> int | None:
    if shape is None:
        return None
    total = 1
    for n in shape:
        if n is None:
            return None
        total *= n
    return total


def joined_along(parts: list[Value], axis: int) -> Shape | None:
    """`concatenate(parts, axis)`. Raises ShapesDiffer."""
    shapes = [part.shape for part in parts if part.kind in {"array", "numpy"}]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(parts) or not known:
        return None
    first = known[0]
    if not -len(first) <= axis < len(first):
        return None
    axis %= len(first)
    total: int | None = 0
    made = list(first)
    for shape in known:
        if len(shape) != len(first):
            raise ShapesDiffer
        for position, length in enumerate(shape):
            if position != axis and None not in {length, made[position]}:
                if length != made[position]:
                    raise ShapesDiffer
            elif position != axis:
                made[position] = None
        total = None if total is None or shape[axis] is None else total + (shape[axis] or 0)
    made[axis] = total
    return tuple(made)
