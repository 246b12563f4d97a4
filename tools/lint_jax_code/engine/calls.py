"""Calls: of the file's functions, of transformed ones, of methods, of the libraries."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.creation import SUMMING, named_dtype
from jax_workbench.tools.lint_jax_code.engine.events import Before, Call
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.held import put, put_all
from jax_workbench.tools.lint_jax_code.engine.inference import FITTER_CLASSES, curve_fitted
from jax_workbench.tools.lint_jax_code.engine.instances import instance_of
from jax_workbench.tools.lint_jax_code.engine.invocation import invoke
from jax_workbench.tools.lint_jax_code.engine.library import library_call
from jax_workbench.tools.lint_jax_code.engine.linen import applied, is_linen
from jax_workbench.tools.lint_jax_code.engine.nnx import MODES, is_module
from jax_workbench.tools.lint_jax_code.engine.operation_shapes import operation_shape
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.records import fill
from jax_workbench.tools.lint_jax_code.engine.shaping import Shape, ShapesDiffer
from jax_workbench.tools.lint_jax_code.engine.transforms import apply_transform, call_transformed
from jax_workbench.tools.lint_jax_code.engine.values import Value, named, static, traced_of

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "pop",
        "remove",
        "clear",
        "update",
        "setdefault",
        "add",
        "sort",
        "reverse",
    ]
)
LAYERS = ("flax.nnx.", "flax.linen.")
SAME_SHAPE = frozenset(("astype", "clip", "sort", "cumsum", "conj", "round"))
BOOLEAN = frozenset(("all", "any"))


def evaluate_call(lint: "Analysis", frame: Frame, node: ast.Call) -> Value:
    """Value of a call; tells the rules before and after."""
    callee = lint.evaluate(frame, node.func)
    args = [lint.evaluate(frame, argument) for argument in node.args]
    kwargs = {k.arg: lint.evaluate(frame, k.value) for k in node.keywords if k.arg}
    for keyword in node.keywords:
        if keyword.arg is None:
            lint.evaluate(frame, keyword.value)
    if _has_options_bound(callee):
        callee, kwargs = callee.args[0], {**callee.kwargs, **kwargs}
    name = known.canonical(callee.name) if callee.kind == "name" else ""
    has_star = any(isinstance(a, ast.Starred) for a in node.args)
    has_double_star = any(k.arg is None for k in node.keywords)
    event = Call(lint, frame, node, name, callee, args, kwargs, has_star, has_double_star)
    if lint.listens(Before):
        lint.emit(Before(lint, frame, node, name, callee, args, kwargs, has_star, has_double_star))
    event.result = _result(lint, frame, event)
    lint.emit(event)
    return event.result


def _has_options_bound(callee: Value) -> bool:
    """Whether it is a library's function with options alone bound: a call of it is one of that."""
    if callee.op != "functools.partial" or len(callee.args) != 1 or callee.args[0].kind != "name":
        return False
    return known.canonical(callee.args[0].name) not in known.TRANSFORMS


def _result(lint: "Analysis", frame: Frame, event: Call) -> Value:
    callee, node = event.callee, event.node
    match callee.kind:
        case "name":
            return library_call(lint, frame, event)
        case "function" if callee.function is not None:
            if event.has_star or event.has_double_star:
                return Value()
            result = invoke(lint, frame, callee.function, event.args, event.kwargs, call=node)
            return applied(event, result) if callee.op == ".apply" else result
        case "transformed":
            return call_transformed(
                lint,
                frame,
                node,
                callee,
                event.args,
                event.kwargs,
                has_star=event.has_star or event.has_double_star,
            )
        case "class" if callee.klass is not None:
            return _instantiated(lint, frame, event)
        case "object":
            return _object_called(lint, frame, event)
        case "instance" if callee.klass is not None:
            member = callee.klass.member("__call__")
            return _member_called(lint, frame, event, member, callee)
        case _:
            owner = callee.parent
            if owner is not None and owner.op in FITTER_CLASSES and callee.op == ".curve_fit":
                return curve_fitted(lint, frame, event)
            if owner is not None and callee.op.startswith("."):
                return method_result(frame, event, owner, callee.op[1:])
            return Value("unknown", op="call", args=(callee, *event.args), node=node)


def _member_called(
    lint: "Analysis", frame: Frame, event: Call, member: Value | None, owner: Value
) -> Value:
    if member is None or event.has_star or event.has_double_star:
        return Value("unknown", op="call", parent=owner, node=event.node)
    if member.kind == "function" and member.function is not None:
        return invoke(
            lint, frame, member.function, [owner, *event.args], event.kwargs, call=event.node
        )
    if member.kind == "transformed":
        bound = Value("transformed", transform=member.transform, parent=owner)
        return call_transformed(
            lint, frame, event.node, bound, event.args, event.kwargs, has_star=False
        )
    return Value()


def _instantiated(lint: "Analysis", frame: Frame, event: Call) -> Value:
    klass = event.callee.klass
    if klass is None:
        return Value()
    member = klass.member("__init__")
    if member is None or member.function is None or event.has_star or event.has_double_star:
        made = instance_of(lint, klass)
        if member is None:
            fill(made, event)
    else:
        made = Value("instance", klass=klass)
        invoke(lint, frame, member.function, [made, *event.args], event.kwargs, call=event.node)
    made.node = event.node
    made.args, made.kwargs = tuple(event.args), event.kwargs
    return made


def _object_called(lint: "Analysis", frame: Frame, event: Call) -> Value:
    callee = event.callee
    if callee.op == "functools.partial" and callee.args:
        inner = callee.args[0]
        args = [*callee.args[1:], *event.args]
        kwargs = {**callee.kwargs, **event.kwargs}
        if inner.kind == "name":
            name = known.canonical(inner.name)
            if name in known.TRANSFORMS:
                return apply_transform(lint, frame, name, args, kwargs, event.node)
            call = Call(
                lint,
                frame,
                event.node,
                name,
                named(name),
                args,
                kwargs,
                event.has_star,
                event.has_double_star,
            )
            return library_call(lint, frame, call)
        if inner.kind == "transformed":
            return call_transformed(
                lint, frame, event.node, inner, args, kwargs, has_star=event.has_star
            )
        return Value()
    if callee.op.startswith(LAYERS) and event.args:
        level = level_of(frame, *event.args)
        return Value(
            "array",
            traced=level,
            op="layer",
            parent=callee,
            args=tuple(event.args),
            node=event.node,
        )
    return Value("unknown", op="call", parent=callee, args=tuple(event.args), node=event.node)


def method_result(frame: Frame, event: Call, owner: Value, method: str) -> Value:
    """Value of a method of something whose class is not of this file."""
    args = (owner, *event.args)
    if owner.op == ".at[]" and owner.parent is not None:
        target = owner.parent
        return Value(
            "array",
            traced=level_of(frame, target, *event.args),
            op=".at",
            args=args,
            dtype=target.dtype,
            shape=target.shape if method != "get" else None,
            node=event.node,
        )
    if owner.kind in {"array", "arrays", "pytree"} and method in known.ARRAY_METHODS:
        return _array_method(frame, event, owner, method)
    if owner.kind == "numpy":
        return Value("numpy", op=f".{method}", args=args, node=event.node)
    if method in MODES and is_module(owner):
        return static(None, op=f".{method}()", parent=owner, node=event.node)
    if method == "apply" and is_linen(owner):
        output = Value("unknown", op=".apply()", parent=owner, args=args, node=event.node)
        return applied(event, output)
    if method in {"items", "keys", "values"}:
        return Value("iterator", op=f".{method}", parent=owner, node=event.node)
    if owner.kind in {"list", "dict", "set"} and method in MUTATORS:
        _remember(owner, method, event)
        owner.items, owner.entries = None, None
        if method == "append" and owner.op != "comprehension":
            owner.op = "appended"
    if owner.kind == "static" and owner.dtype == "str":
        return static(op=f".{method}", args=args, dtype="str" if method != "split" else "")
    return Value(
        "unknown", op=f".{method}()", parent=owner, args=args, kwargs=event.kwargs, node=event.node
    )


def _remember(owner: Value, method: str, event: Call) -> None:
    """Keep a sample of what a container holds when its elements are no longer known."""
    put_all(owner, owner)
    if method in {"append", "insert", "setdefault", "add"} and event.args:
        put(owner, event.args[-1])
    elif method in {"extend", "update"} and event.args:
        put_all(owner, event.args[0])


def _method_shape(event: Call, owner: Value, method: str) -> Shape | None:
    if owner.kind != "array":
        return None
    try:
        return operation_shape(event, method, [owner, *event.args])
    except ShapesDiffer:
        return None


def _array_method(frame: Frame, event: Call, owner: Value, method: str) -> Value:
    args = (owner, *event.args)
    if method in {"item", "tolist"}:
        return static(op=f".{method}", args=args, node=event.node)
    if owner.kind == "pytree" and not owner.traced:
        return Value("unknown", op=f".{method}()", parent=owner, args=args, node=event.node)
    if method in {"block_until_ready", "copy"} and owner.kind == "array":
        return Value(
            "array",
            traced=owner.traced,
            dtype=owner.dtype,
            shape=owner.shape,
            op=f".{method}",
            args=args,
            parent=owner,
            node=event.node,
        )
    dtype = owner.dtype
    if method == "astype":
        dtype = named_dtype(event.argument(0, "dtype"))
    elif method in BOOLEAN:
        dtype = "bool"
    elif method.startswith("arg") or (method in SUMMING and owner.dtype == "bool"):
        dtype = "int"
    elif method in {"mean", "std", "var"}:
        dtype = "float" if owner.dtype in {"int", "bool"} else owner.dtype
    shape = owner.shape if method in SAME_SHAPE else _method_shape(event, owner, method)
    kind = "arrays" if method == "nonzero" else "array"
    level = (
        level_of(frame, owner, *event.args)
        if owner.kind != "pytree"
        else max(owner.traced, traced_of(*event.args))
    )
    return Value(
        kind,
        traced=level,
        op=f".{method}",
        args=args,
        kwargs=event.kwargs,
        dtype=dtype,
        shape=shape,
        node=event.node,
    )
