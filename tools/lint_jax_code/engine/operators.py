"""What operators give: kinds, tracing, small constants and dtypes."""

import ast
import operator
from collections.abc import Callable
from typing import Any

from jax_workbench.tools.lint_jax_code.engine.canonical import SHAPES
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.shaping import (
    Shape,
    ShapesDiffer,
    broadcast,
    product,
    shape_of_value,
)
from jax_workbench.tools.lint_jax_code.engine.values import (
    MISSING,
    STAGED,
    Value,
    static,
    traced_of,
)

FOLDABLE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
}
LARGEST = 2**80
MAX_POWER = 64
FLOATS = frozenset(("float", "float16", "bfloat16", "float32", "float64"))
INTEGERS = frozenset(("int", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"))


def level_of(frame: Frame, *values: Value) -> int:
    """How strongly the result of an operation on arrays is traced."""
    if frame.staged == STAGED:
        return STAGED  # in staged code even operations on constants give tracers
    return traced_of(*values)


def computed(frame: Frame, node: ast.BinOp, left: Value, right: Value) -> Value:
    """What `left op right` gives."""
    kinds = {left.kind, right.kind}
    symbol = type(node.op).__name__
    if left.kind == "static" and left.dtype == "str":
        return Value(
            "static",
            dtype="str",
            op="%" if symbol == "Mod" else symbol,
            args=(left, right),
            node=node,
        )
    if "array" in kinds or (
        traced_of(left, right) and not kinds & {"list", "tuple", "dict", "set"}
    ):
        return Value(
            "array",
            traced=level_of(frame, left, right),
            op=symbol,
            args=(left, right),
            dtype=result_dtype(node.op, left, right),
            shape=_shape(left, symbol, right),
            node=node,
        )
    if "numpy" in kinds:
        shape = _shape(left, symbol, right)
        return Value("numpy", op=symbol, args=(left, right), shape=shape, node=node)
    if kinds & {"list", "tuple"}:
        return _sequences(node, left, right)
    if kinds <= {"shape", "static"}:
        return _scalars(node, left, right, "shape" if "shape" in kinds else "static")
    return Value("unknown", op=symbol, args=(left, right), node=node)


def _shape(left: Value, symbol: str, right: Value) -> Shape | None:
    combine = product if symbol == "MatMult" else broadcast
    try:
        return combine(shape_of_value(left), shape_of_value(right))
    except ShapesDiffer:
        return None


def result_dtype(symbol: ast.operator, left: Value, right: Value) -> str:
    """The dtype of arithmetic, as far as it is proven."""
    if isinstance(symbol, ast.Div):
        floats = {left.dtype, right.dtype} & FLOATS
        return next(iter(floats)) if len(floats) == 1 else "float"
    if left.dtype == right.dtype:
        return left.dtype
    weak = {"int", "float", "bool"}
    for one, other in ((left, right), (right, left)):
        if one.kind == "static" and one.dtype in weak and other.dtype not in {"", "bool"}:
            if one.dtype == "float" and other.dtype in INTEGERS:
                return "float"
            return other.dtype
    if {left.dtype, right.dtype} <= INTEGERS:
        return "int"
    return "float" if {left.dtype, right.dtype} & FLOATS and left.dtype and right.dtype else ""


def _sequences(node: ast.BinOp, left: Value, right: Value) -> Value:
    kind = left.kind if left.is_sequence else right.kind
    items = None
    if isinstance(node.op, ast.Add) and left.items is not None and right.items is not None:
        items = [*left.items, *right.items][:64]
    return Value(
        kind,
        items=items,
        traced=traced_of(left, right),
        op=type(node.op).__name__,
        args=(left, right),
        node=node,
    )


def _scalars(node: ast.BinOp, left: Value, right: Value, kind: Any) -> Value:
    const: Any = MISSING
    if left.is_number and right.is_number:
        const = _folded(node.op, left.const, right.const)
    dtype = (
        "float"
        if isinstance(node.op, ast.Div) or "float" in {left.dtype, right.dtype}
        else ("int" if left.dtype == right.dtype == "int" else "")
    )
    return Value(
        kind, const=const, dtype=dtype, op=type(node.op).__name__, args=(left, right), node=node
    )


def _folded(symbol: ast.operator, left: Any, right: Any) -> Any:
    try:
        if abs(left) > LARGEST or abs(right) > LARGEST:
            return MISSING
        if isinstance(symbol, ast.Pow):
            if abs(right) > MAX_POWER or abs(left) > 2**32:
                return MISSING
            result = left**right
            return result if isinstance(result, int | float) else MISSING
        fold = FOLDABLE.get(type(symbol))
        return MISSING if fold is None else fold(left, right)
    except (ArithmeticError, ValueError, TypeError):
        return MISSING


def negated(frame: Frame, node: ast.UnaryOp, value: Value) -> Value:
    """What `-x`, `+x` or `~x` gives."""
    symbol = type(node.op).__name__
    if value.kind == "array" or value.traced:
        return Value(
            "array",
            traced=level_of(frame, value),
            op=symbol,
            args=(value,),
            dtype=value.dtype,
            shape=value.shape,
            node=node,
        )
    if value.is_number and isinstance(node.op, ast.USub):
        return static(-value.const, dtype=value.dtype, node=node)
    kind = value.kind if value.kind in {"static", "shape", "numpy"} else "unknown"
    return Value(kind, op=symbol, args=(value,), dtype=value.dtype, node=node)


def compared(
    frame: Frame, node: ast.Compare, left: Value, symbol: ast.cmpop, right: Value
) -> Value:
    """What one comparison gives."""
    name = type(symbol).__name__
    if isinstance(symbol, ast.Is | ast.IsNot | ast.In | ast.NotIn):
        return static(dtype="bool", op=name, args=(left, right))
    if _compares_to_static(left, right):
        return static(dtype="bool", op=name, args=(left, right))
    kinds = {left.kind, right.kind}
    if "array" in kinds or left.traced or right.traced:
        is_bare = "array" not in kinds
        kind = "unknown" if is_bare and not kinds <= {"static", "shape", "pytree"} else "array"
        return Value(
            kind,
            traced=level_of(frame, left, right),
            op=name,
            args=(left, right),
            dtype="bool",
            shape=_shape(left, name, right),
            node=node,
        )
    if "numpy" in kinds:
        return Value("numpy", op=name, args=(left, right), dtype="bool", node=node)
    if kinds <= {"static", "shape"}:
        return static(dtype="bool", op=name, args=(left, right))
    return Value("unknown", op=name, args=(left, right), dtype="bool", node=node)


def _compares_to_static(left: Value, right: Value) -> bool:
    """Comparing with None or text is decided at once, whatever the other is."""
    for one, other in ((left, right), (right, left)):
        if one.has_const and (one.const is None or isinstance(one.const, str)):
            return True
        if one.op in SHAPES or one.op == "dtype":
            return other.kind != "array" or one.op == "dtype"
    return False
