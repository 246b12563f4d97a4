"""What attributes and subscripts give."""

import ast
from typing import TYPE_CHECKING, Any

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine import events
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.keys import ATTRIBUTE, handed_on, origin
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.shaping import Shape, indexed
from jax_workbench.tools.lint_jax_code.engine.values import (
    MISSING,
    Function,
    Klass,
    Value,
    named,
    static,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

OF_ARRAYS_ALONE = frozenset(("shape", "ndim", "T", "at", "reshape", "astype"))
ARRAY_ANNOTATIONS = ("jax.Array", "jax.numpy.ndarray", "chex.Array")


def attribute_of(lint: "Analysis", frame: Frame, node: ast.Attribute, base: Value) -> Value:
    """`base.attribute`, read."""
    dotted = f"{base.name}.{node.attr}" if base.kind == "name" else ""
    lint.emit(events.Attribute(lint, frame, node, base, dotted))
    if base.kind == "name":
        return named(dotted)
    if base.kind == "instance":
        return _of_instance(lint, node, base)
    if base.kind == "class" and base.klass is not None:
        return base.klass.member(node.attr) or Value(parent=base)
    if base.kind == "pytree" and base.traced and node.attr in OF_ARRAYS_ALONE:
        base.kind = "array"  # the text takes it for one: no tree has this attribute
    if base.kind in {"array", "pytree", "numpy", "arrays"} and (
        value := _of_array(frame, node, base)
    ):
        return value
    if base.kind == "object":
        return base.attributes.get(node.attr) or Value(parent=base, op=f".{node.attr}", node=node)
    if node.attr in known.SHAPES:
        return _shape(node, base)
    return Value(parent=base, op=f".{node.attr}", node=node)


def _of_array(frame: Frame, node: ast.Attribute, base: Value) -> Value | None:
    if node.attr in known.SHAPES:
        return _shape(node, base)
    if node.attr in {"dtype", "sharding", "device", "weak_type", "aval"}:
        return static(op=node.attr, args=(base,))
    if node.attr == "at" and base.kind in {"array", "pytree"}:
        return Value("object", op=".at", parent=base, traced=base.traced)
    if node.attr in known.ARRAY_PROPERTIES:
        kind = "numpy" if base.kind == "numpy" else "array"
        level = base.traced if kind == "numpy" else level_of(frame, base)
        shape = base.shape if node.attr in {"real", "imag"} else _turned(base.shape, node.attr)
        return Value(
            kind, traced=level, op=f".{node.attr}", args=(base,), dtype=base.dtype, shape=shape
        )
    return None


def _turned(shape: Shape | None, name: str) -> Shape | None:
    if shape is None or name == "flat":
        return None
    return shape[::-1] if name == "T" or len(shape) < 2 else (*shape[:-2], shape[-1], shape[-2])


def _shape(node: ast.Attribute, base: Value) -> Value:
    if node.attr == "shape":
        items = None
        if base.shape is not None:
            items = [Value("shape", const=MISSING if n is None else n) for n in base.shape]
        return Value("tuple", op="shape", args=(base,), items=items, node=node)
    const: Any = MISSING
    if node.attr == "ndim" and base.shape is not None:
        const = len(base.shape)
    return Value("shape", op=node.attr, args=(base,), dtype="int", const=const, node=node)


def _of_instance(lint: "Analysis", node: ast.Attribute, base: Value) -> Value:
    if node.attr in base.attributes:
        value = base.attributes[node.attr]
        is_key = value.kind in {"key", "keys"}
        return handed_on(value, node, ATTRIBUTE) if is_key else value
    if base.klass is None:
        return Value(parent=base, op=f".{node.attr}")
    member = base.klass.member(node.attr)
    if member is None and node.attr == "apply" and base.klass.is_linen_module:
        return _applied(node, base)
    if member is None:
        value = Value(parent=base, op=f".{node.attr}")
        if _is_told_in_full(base.klass):
            base.attributes[node.attr] = value  # the same one until something is stored there
        return value
    if member.kind == "function" and member.function is not None:
        return _bound(lint, member.function, base)
    if member.kind == "transformed":
        return Value("transformed", transform=member.transform, parent=base, node=member.node)
    return member


def _is_told_in_full(klass: Klass) -> bool:
    """Whether no base that this file doesn't show can compute or change attributes."""
    known_bases = all(b.klass is not None for k in klass.lineage() for b in k.bases)
    return known_bases and klass.member("__getattr__") is None


def _applied(node: ast.Attribute, base: Value) -> Value:
    """`module.apply(variables, ...)` of linen: calls the module."""
    member = base.klass.member("__call__") if base.klass is not None else None
    if member is None or member.function is None:
        return Value(parent=base, op=".apply", node=node)
    old = member.function
    made = Function(
        old.node, old.frame, name=old.name, klass=old.klass, stand_in=base, defaults=old.defaults
    )
    return Value("function", function=made, parent=base, op=".apply", node=node)


def _bound(_lint: "Analysis", function: Function, owner: Value) -> Value:
    decorators = getattr(function.node, "decorator_list", [])
    names = {ast.unparse(d) for d in decorators if isinstance(d, ast.Name | ast.Attribute)}
    if "staticmethod" in names:
        return Value("function", function=function)
    if names & {"property", "functools.cached_property", "cached_property"}:
        return Value(parent=owner, op="property")
    bound = Function(
        function.node,
        function.frame,
        name=function.name,
        bound=owner,
        klass=function.klass,
        defaults=function.defaults,
    )
    return Value("function", function=bound, parent=owner)


def subscript(lint: "Analysis", frame: Frame, node: ast.Subscript) -> Value:
    """`base[index]`, read."""
    base = lint.evaluate(frame, node.value)
    index = lint.evaluate(frame, node.slice)
    is_at = base.op == ".at"
    lint.emit(events.Index(lint, frame, node, base, index, is_at))
    return element(frame, node, base, index)


def element(frame: Frame, node: ast.AST, base: Value, index: Value) -> Value:
    """What a subscript gives, by the kind of what it is applied to."""
    match base.kind:
        case "tuple" | "list" | "dict":
            return _of_container(node, base, index)
        case "keys" | "key":
            return _of_keys(node, base, index)
        case "array" | "arrays":
            return Value(
                "array",
                traced=level_of(frame, base, index),
                op="[]",
                args=(base, index),
                dtype=base.dtype,
                shape=indexed(base.shape, index),
                node=node,
            )
        case "numpy":
            kind = "array" if index.kind == "array" else "numpy"
            return Value(kind, traced=index.traced, op="[]", args=(base, index), node=node)
        case "pytree":
            return Value("pytree", traced=base.traced, op="[]", args=(base, index), node=node)
        case "object" if base.op == ".at":
            return Value("object", op=".at[]", parent=base.parent, args=(index,), node=node)
        case "instance":
            return Value(parent=base, op="[]")
        case _:
            return Value("unknown", op="[]", args=(base, index), node=node)


def _of_container(node: ast.AST, base: Value, index: Value) -> Value:
    if base.op == "shape" and not base.items:
        kind = "tuple" if index.op == "slice" else "shape"
        return Value(kind, op="shape" if kind == "tuple" else "[]", args=base.args, dtype="int")
    if base.items is not None and isinstance(index.const, int):
        if -len(base.items) <= index.const < len(base.items):
            return base.items[index.const]
        return Value()
    if base.items is not None and index.op == "slice":
        bounds = [a.const if isinstance(a.const, int) else None for a in index.args]
        if all(a.has_const for a in index.args):
            items = base.items[slice(*bounds)] if bounds[2] != 0 else []
            return Value(base.kind, items=items, op=base.op, args=base.args, node=node)
    if base.entries is not None and index.has_const:
        return base.entries.get(index.const) or Value()
    if base.op == "comprehension" and base.args:
        return _again(base.args[0], node)
    if base.op == "shape":
        return Value("shape", op="[]", args=base.args, dtype="int")
    if base.items and len({item.kind for item in base.items}) == 1:
        return _again(base.items[0], node)
    return Value("unknown", op="[]", args=(base, index), traced=0, node=node)


def _again(model: Value, node: ast.AST) -> Value:
    """Another value of the same kind."""
    if model.kind in {"static", "unknown"}:
        return Value()
    return Value(
        model.kind,
        traced=model.traced,
        op=model.op,
        args=model.args,
        klass=model.klass,
        function=model.function,
        attributes=model.attributes,
        kwargs=model.kwargs,
        node=node,
    )


def _of_keys(node: ast.AST, base: Value, index: Value) -> Value:
    """A key of an array of keys: constants pick the same one each time."""
    base = origin(base)
    label: Any = None
    if index.has_const:
        label = index.const
    elif index.op == "slice" and all(a.has_const for a in index.args):
        label = tuple(a.const for a in index.args)
    kind = "keys" if index.op == "slice" or index.kind == "tuple" else "key"
    if label is None or isinstance(label, float):
        return Value(kind, parent=base, op="varying key", node=node)
    if label not in base.derived:
        base.derived[label] = Value(kind, parent=base, op="part", const=MISSING, node=node)
    return base.derived[label]
