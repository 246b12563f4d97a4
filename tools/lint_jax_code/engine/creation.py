"""Shapes and dtypes of what array functions make, as far as they are written out."""

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.keys import literal_shape
from jax_workbench.tools.lint_jax_code.engine.operation_shapes import operation_shape
from jax_workbench.tools.lint_jax_code.engine.shaping import ShapesDiffer, shape_of_value
from jax_workbench.tools.lint_jax_code.engine.values import Value

SHAPED = {"zeros": 0, "ones": 0, "empty": 0, "full": 0}
LIKE = frozenset(["zeros_like", "ones_like", "full_like", "empty_like"])
SAME_SHAPE = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "exp",
        "log",
        "sqrt",
        "tanh",
        "abs",
        "negative",
        "square",
        "log1p",
        "expm1",
        "relu",
        "sigmoid",
        "astype",
        "sort",
        "cumsum",
        "arccos",
        "arcsin",
        "arctan",
        "sinh",
        "cosh",
        "clip",
        "softmax",
        "log_softmax",
        "gelu",
        "silu",
        "softplus",
    ]
)
SUMMING = frozenset(("sum", "cumsum", "prod", "cumprod", "nansum"))
"""What counts booleans."""
FLOATING = SAME_SHAPE - {"astype"} | {"norm", "mean", "std", "var", "prod", "median"}
"""What gives the floating dtype that it was given."""
EXACT_FLOATS = frozenset(("float16", "bfloat16", "float32", "float64"))


def dtype_of(event: Call) -> str:
    """The dtype that a call asks for by keyword or position, if it is written out."""
    value = event.kwargs.get("dtype")
    place = {"zeros": 1, "ones": 1, "empty": 1, "full": 2, "array": 1, "asarray": 1}
    position = place.get(known.last(event.name))
    if value is None and position is not None and len(event.args) > position:
        value = event.args[position]
    return named_dtype(value)


def named_dtype(value: Value | None) -> str:
    """`jnp.float32`, `"float32"`, `float`: the name of a dtype."""
    if value is None:
        return ""
    if value.kind == "name":
        last = known.last(value.name)
        return last if last in known.DTYPES or last in {"int", "float", "bool"} else ""
    return value.const if isinstance(value.const, str) else ""


def shape_of(event: Call, name: str) -> tuple[int | None, ...] | None:
    """The shape of what a creating or elementwise call gives; None where it is not proven."""
    first = event.args[0] if event.args else event.kwargs.get("shape")
    if name in SHAPED:
        return literal_shape(first)
    if (
        name == "arange"
        and len(event.args) == 1
        and first is not None
        and first.is_number
        and 0 <= first.const == int(first.const)
    ):
        return (int(first.const),)
    if name == "linspace" and len(event.args) > 2 and isinstance(event.args[2].const, int):
        return (event.args[2].const,)
    if (
        name == "eye"
        and first is not None
        and isinstance(first.const, int)
        and len(event.args) == 1
    ):
        return (first.const, first.const)
    if name in {"array", "asarray"} and first is not None:
        return _nested(first)
    if first is not None and (name in LIKE or name in SAME_SHAPE):
        return first.shape
    if name in known.DTYPES and first is not None and first.is_number:
        return ()
    try:
        return operation_shape(event, name, event.args)
    except ShapesDiffer:
        return None


def _nested(value: Value) -> tuple[int | None, ...] | None:
    if value.items is None:
        return shape_of_value(value)
    if not value.items:
        return (0,)
    inner = _nested(value.items[0])
    return None if inner is None else (len(value.items), *inner)


def result_dtype(event: Call, name: str) -> str:
    """The dtype of what a call gives; empty where it is not proven."""
    asked = dtype_of(event)
    if asked:
        return asked
    if name in known.DTYPES:
        return name
    first = event.args[0] if event.args else Value()
    if name.startswith(("is", "logical_", "equal", "not_equal", "greater", "less", "all", "any")):
        return "bool"
    if name == "arange":
        return (
            "int"
            if event.args and all(a.dtype == "int" for a in event.args)
            else ("float" if any(a.dtype == "float" for a in event.args) else "")
        )
    if name in {"array", "asarray"}:
        leaf = first
        while leaf.items:
            leaf = leaf.items[0]
        if first.items and any(i.dtype == "float" for i in first.items):
            return "float"
        return leaf.dtype
    if name in {"zeros", "ones", "linspace"} and len(event.args) < (4 if name == "linspace" else 2):
        return "float" if "dtype" not in event.kwargs else ""
    if name in SUMMING and first.dtype == "bool":
        return "int"
    if name in LIKE or name in {"abs", "sort", "cumsum", "sum", "max", "min", "clip"}:
        return first.dtype if "dtype" not in event.kwargs else ""
    if name in FLOATING and first.dtype in EXACT_FLOATS and "dtype" not in event.kwargs:
        return first.dtype
    if name.startswith("arg"):
        return "int"
    return "float" if name in SAME_SHAPE and name not in {"astype", "square", "negative"} else ""
