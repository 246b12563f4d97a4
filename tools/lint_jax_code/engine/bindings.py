"""Binding of names, attributes and subscripts; what a loop hands out."""

import ast
from typing import TYPE_CHECKING, Any

from jax_workbench.tools.lint_jax_code.engine.access import element
from jax_workbench.tools.lint_jax_code.engine.events import (
    Bind,
    StoreAttribute,
    StoreIndex,
    Unpack,
)
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.held import put, put_all
from jax_workbench.tools.lint_jax_code.engine.values import Value, static

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def bind_name(lint: "Analysis", frame: Frame, name: str, value: Value, node: ast.AST) -> None:
    """Give a name a value in its scope."""
    is_outer = name in frame.outer_names
    place = frame
    if is_outer:
        _, found = frame.lookup(name) if name not in frame.names else (None, frame)
        outer = frame.outer
        while outer is not None and outer.outer is not None and found is not outer:
            outer = outer.outer
        place = outer or frame
    previous = place.names.get(name)
    place.names[name] = value
    lint.emit(Bind(lint, frame, node, name, value, previous, is_outer))


def bind_target(
    lint: "Analysis", frame: Frame, target: ast.expr, value: Value, node: ast.AST
) -> None:
    """Assign to whatever stands left of an `=`."""
    match target:
        case ast.Name(id=name):
            bind_name(lint, frame, name, value, node)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            lint.emit(Unpack(lint, frame, node, targets, value))
            for position, part in enumerate(targets):
                piece = part_of(lint, frame, value, position, targets, node)
                bind_target(lint, frame, part, piece, node)
        case ast.Starred(value=inner):
            bind_target(lint, frame, inner, value, node)
        case ast.Attribute(attr=name):
            base = lint.evaluate(frame, target.value)
            lint.emit(StoreAttribute(lint, frame, node, target, base, value))
            if base.kind in {"instance", "object"}:
                base.attributes[name] = value
        case ast.Subscript():
            base = lint.evaluate(frame, target.value)
            index = lint.evaluate(frame, target.slice)
            lint.emit(StoreIndex(lint, frame, node, target, base, index, value))
            store_index(base, index, value)
        case _:
            return


def store_index(base: Value, index: Value, value: Value) -> None:
    """Remember an entry of a dict; forget the items of a list that changed."""
    if base.kind == "dict" and base.entries is not None:
        if isinstance(index.const, str | int):
            base.entries[index.const] = value
        else:
            put_all(base, base)
            put(base, value)
            base.entries = None
    elif base.kind == "dict":
        put(base, value)
    elif base.kind == "list":
        if base.items is not None and isinstance(index.const, int):
            if -len(base.items) <= index.const < len(base.items):
                base.items[index.const] = value
        else:
            base.items = None


def part_of(
    lint: "Analysis",
    frame: Frame,
    value: Value,
    position: int,
    targets: list[ast.expr],
    node: ast.AST,
) -> Value:
    """What one name gets when a value is unpacked."""
    del lint
    if isinstance(targets[position], ast.Starred):
        if value.kind == "keys":
            return Value("keys", parent=value, op="varying key", node=node)
        if value.items is not None:
            after = len(targets) - position - 1
            return Value("list", items=value.items[position : len(value.items) - after])
        return Value("list", op="rest", args=(value,))
    if any(isinstance(t, ast.Starred) for t in targets[:position]):
        position -= len(targets)
    if (
        value.kind in {"keys", "tuple", "list", "arrays", "array", "pytree", "key"}
        or value.items is not None
    ):
        return element(frame, node, value, static(position))
    return Value("unknown", op="part", args=(value, static(position)), node=node)


def element_of(
    lint: "Analysis", frame: Frame, source: Value, node: ast.expr, turn: int, loop: ast.AST
) -> Value:
    """What a loop's variable is bound to in its first or second turn."""
    if source.items is not None and source.kind != "set":
        return source.items[turn] if turn < len(source.items) else Value()
    match source.kind:
        case "keys":
            return Value("key", parent=source, op="element", node=loop)
        case "array" | "arrays" | "pytree" | "numpy":
            kind = "array" if source.kind == "arrays" else source.kind
            return Value(
                kind,
                traced=source.traced,
                op="element",
                args=(source,),
                node=loop,
                dtype=source.dtype,
                shape=source.shape[1:] if source.shape else None,
            )
        case "list" | "set" | "iterator" if source.op == "comprehension" and source.args:
            made = source.args[0]
            if made.kind == "unknown":
                return Value()
            return Value(
                made.kind,
                traced=made.traced,
                op="element",
                args=made.args,
                klass=made.klass,
                node=loop,
                items=made.items,
            )
        case "iterator" | "unknown" | "object":
            return _from_call(lint, frame, source, node, turn, loop)
        case _:
            return Value()


def _from_call(
    lint: "Analysis", frame: Frame, source: Value, node: ast.expr, turn: int, loop: ast.AST
) -> Value:
    """Elements of range, enumerate, zip, reversed, and of a dict's views."""

    def inner(value: Value) -> Value:
        return element_of(lint, frame, value, node, turn, loop)

    counter = Value("static", dtype="int", op="loop variable", node=loop)
    match source.op:
        case "builtins.range":
            return counter
        case "builtins.enumerate" if source.args:
            return Value("tuple", items=[counter, inner(source.args[0])])
        case "builtins.zip":
            return Value("tuple", items=[inner(a) for a in source.args])
        case "builtins.reversed" | "builtins.iter" | "builtins.sorted" if source.args:
            return inner(source.args[0])
        case ".items":
            return Value("tuple", items=[static(dtype="str"), _entry(source, turn)])
        case ".keys":
            return static(dtype="str")
        case ".values":
            return _entry(source, turn)
        case _:
            return Value()


def _entry(source: Value, turn: int) -> Value:
    owner: Any = source.parent
    if owner is None:
        return Value()
    if owner.entries is not None:
        entries = [*owner.entries.values()]
        return entries[turn] if turn < len(entries) else Value()
    if owner.kind == "pytree":
        return Value("pytree", traced=owner.traced, op="element")
    return Value()
