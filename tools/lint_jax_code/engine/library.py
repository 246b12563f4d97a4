"""What the libraries' functions give: arrays, NumPy arrays, scalars, objects."""

from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.control import CONTROL
from jax_workbench.tools.lint_jax_code.engine.creation import dtype_of, result_dtype, shape_of
from jax_workbench.tools.lint_jax_code.engine.events import Call
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.inference import (
    FITTERS,
    MODEL_TAKERS,
    curve_fitted,
    model_taken,
    sampled,
)
from jax_workbench.tools.lint_jax_code.engine.keys import random_call
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.transforms import apply_transform
from jax_workbench.tools.lint_jax_code.engine.values import (
    MISSING,
    Function,
    Value,
    static,
    traced_of,
)
from jax_workbench.tools.lint_jax_code.engine.well_known import HANDED_ON

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

SCALARS = frozenset(
    [
        "int",
        "float",
        "bool",
        "str",
        "complex",
        "len",
        "ord",
        "chr",
        "hash",
        "id",
        "isinstance",
        "issubclass",
        "hasattr",
        "callable",
        "print",
        "round",
        "divmod",
        "repr",
        "format",
        "type",
        "input",
        "pow",
    ]
)
ITERATORS = frozenset(["range", "enumerate", "zip", "reversed", "iter", "sorted", "map", "filter"])
OPTAX_ARRAYS = ("_loss", "cross_entropy", "squared_error", "global_norm", "cosine_distance")


def library_call(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """Value of a call of a library's function."""
    name = event.name
    if name in known.TRANSFORMS:
        return apply_transform(lint, frame, name, event.args, event.kwargs, event.node)
    if name == "functools.partial" and event.args:
        return _partial(event)
    if name in MODEL_TAKERS:
        return model_taken(lint, frame, event)
    if name in FITTERS:
        return curve_fitted(lint, frame, event)
    if name in CONTROL and not event.has_star:
        return CONTROL[name](lint, frame, event)
    if name.startswith("jax.random."):
        return random_call(lint, frame, event)
    if name.startswith("builtins."):
        return _builtin(frame, event, known.last(name))
    if name.startswith("numpy."):
        return _numpy(frame, event, known.last(name))
    if name == "jax.lax.axis_size" or _is_size_of_axis(event):
        return static(op=name, dtype="int")  # the size of the axis
    if known.is_jnp(name):
        return _jnp(frame, event, known.last(name))
    return _of_jax(frame, event) or _other(frame, event)


def _is_size_of_axis(event: Call) -> bool:
    return event.name == "jax.lax.psum" and bool(event.args) and event.args[0].is_number


def _partial(event: Call) -> Value:
    inner = event.args[0]
    if inner.kind == "function" and inner.function is not None and not event.has_star:
        old = inner.function
        made = Function(
            old.node,
            old.frame,
            name=old.name,
            bound=old.bound,
            klass=old.klass,
            partial_args=(*old.partial_args, *event.args[1:]),
            partial_kwargs={**old.partial_kwargs, **event.kwargs},
            defaults=old.defaults,
            in_loop=old.in_loop,
        )
        return Value("function", function=made, op="functools.partial", node=event.node)
    return Value(
        "object",
        op="functools.partial",
        args=tuple(event.args),
        kwargs=event.kwargs,
        node=event.node,
    )


DTYPE_OF_SCALAR = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "isinstance": "bool",
    "hasattr": "bool",
    "callable": "bool",
    "str": "str",
    "repr": "str",
}


def _builtin(frame: Frame, event: Call, name: str) -> Value:
    args = event.args
    first = args[0] if args else Value()
    if name in ITERATORS:
        if event.has_star:
            return Value("iterator")  # `zip(*columns)` has as many parts as there are columns
        return Value("iterator", op=f"builtins.{name}", args=tuple(args), node=event.node)
    if name == "len":
        const = len(first.items) if first.items is not None else MISSING
        if first.shape and isinstance(first.shape[0], int):
            const = first.shape[0]
        return Value("shape", op="len", args=tuple(args), dtype="int", const=const, node=event.node)
    if name in {"list", "tuple"}:
        if first.kind == "keys":
            return first
        items = [*first.items] if first.items is not None else ([] if not args else None)
        return Value(
            "list" if name == "list" else "tuple",
            items=items,
            op=f"builtins.{name}",
            args=tuple(args),
            node=event.node,
        )
    if name == "dict":
        return Value("dict", entries=dict(event.kwargs) if not args else None, node=event.node)
    if name in {"set", "frozenset"}:
        return Value("set", node=event.node)
    if name in {"abs", "sum", "min", "max"}:
        if traced_of(*args) or first.kind == "array":
            return Value(
                "array", traced=level_of(frame, *args), dtype=first.dtype, op=name, args=tuple(args)
            )
        if args and all(a.kind in {"static", "shape"} for a in args):
            kind = "shape" if any(a.kind == "shape" for a in args) else "static"
            return Value(kind, op=name, args=tuple(args), dtype=first.dtype)
        return Value("unknown", op=name, args=tuple(args))
    if name in SCALARS:
        dtype = DTYPE_OF_SCALAR.get(name, "")
        if name == "print":
            return static(None)
        if name in {"int", "float", "round"} and first.kind == "shape":
            return Value("shape", op=name, args=tuple(args), dtype=dtype or "int", node=event.node)
        return static(op=f"builtins.{name}", args=tuple(args), dtype=dtype, node=event.node)
    return Value("unknown", op=f"builtins.{name}", args=tuple(args), node=event.node)


def _numpy(frame: Frame, event: Call, name: str) -> Value:
    if name in known.JNP_STATIC:
        return static(op=event.name, args=tuple(event.args))
    first = event.args[0] if event.args else Value()
    if name in HANDED_ON and first.kind in {"array", "pytree"} and first.traced:
        return _jnp(frame, event, name)
    if traced_of(*event.args):
        return Value("unknown", op=event.name, node=event.node)
    if (event.name.startswith("numpy.random.") and name[:1].isupper()) or name in {
        "default_rng",
        "RandomState",
        "dtype",
    }:
        return Value("object", op=event.name, args=tuple(event.args), node=event.node)
    return Value(
        "numpy",
        op=event.name,
        args=tuple(event.args),
        node=event.node,
        dtype=dtype_of(event),
        shape=shape_of(event, name),
    )


def _jnp(frame: Frame, event: Call, name: str) -> Value:
    if name in known.OVER_TREES and (not event.args or event.args[0].kind != "array"):
        return Value("pytree", traced=level_of(frame, *event.args[:1]), op=event.name)
    if name in known.JNP_STATIC:
        return static(op=event.name, args=tuple(event.args))
    everything = [*event.args, *event.kwargs.values()]
    level = level_of(frame, *everything)
    if name in known.JNP_SEVERAL or (name == "where" and len(event.args) == 1):
        return Value("arrays", traced=level, op=event.name, args=tuple(event.args), node=event.node)
    return Value(
        "array",
        traced=level,
        op=event.name,
        args=tuple(event.args),
        kwargs=event.kwargs,
        dtype=result_dtype(event, name),
        shape=shape_of(event, name),
        node=event.node,
    )


def _of_jax(frame: Frame, event: Call) -> Value | None:
    first = event.args[0] if event.args else Value()
    if event.name.startswith("jax.tree_util.register") and first.klass is not None:
        first.klass.is_registered = True
    match event.name:
        case "jax.block_until_ready":
            return first
        case "jax.device_get":
            return first if traced_of(first) else Value("numpy", op=event.name)
        case "jax.device_put":
            return first if first.kind in {"array", "pytree", "key", "keys"} else Value("pytree")
        case "jax.numpy.ndarray" | "jax.Array":
            return Value("array")
        case "optax.apply_updates":
            level = level_of(frame, *event.args)
            kind = first.kind if first.kind == "array" else "pytree"
            return Value(kind, op=event.name, traced=level, args=tuple(event.args))
        case "flax.nnx.split" if event.args and not event.has_star:
            return _split(frame, event)
        case _:
            return None


def _split(frame: Frame, event: Call) -> Value:
    """What nnx.split gives: the structure, and a state for each filter."""
    level = level_of(frame, *event.args[:1])
    states = [
        Value("pytree", traced=level, op="flax.nnx.State", args=(event.args[0],), node=event.node)
        for _ in range(max(1, len(event.args) - 1))
    ]
    graph = Value("object", op="flax.nnx.GraphDef", node=event.node)
    return Value("tuple", items=[graph, *states], op=event.name, node=event.node)


def _other(frame: Frame, event: Call) -> Value:
    name, last = event.name, known.last(event.name)
    is_value = any(part in last for part in OPTAX_ARRAYS) and not last.startswith("clip")
    if name.startswith("optax.") and is_value:
        return Value("array", traced=traced_of(*event.args), op=name, args=tuple(event.args))
    if name.startswith("optax.") or last[:1].isupper():
        return Value(
            "object", op=name, args=tuple(event.args), kwargs=event.kwargs, node=event.node
        )
    if name == "numpyro.sample":
        return sampled(frame, event)
    if name == "numpyro.param":
        return Value("array", op=name, args=tuple(event.args), kwargs=event.kwargs, node=event.node)
    if name.startswith(("math.", "time.", "os.", "random.")):
        return static(op=name, args=tuple(event.args))
    return Value("unknown", op=name, args=tuple(event.args), kwargs=event.kwargs, node=event.node)
