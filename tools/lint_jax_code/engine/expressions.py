"""Abstract values of expressions."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jax_workbench.tools.lint_jax_code.engine.access import attribute_of, subscript
from jax_workbench.tools.lint_jax_code.engine.bindings import bind_target
from jax_workbench.tools.lint_jax_code.engine.calls import evaluate_call
from jax_workbench.tools.lint_jax_code.engine.comprehensions import (
    comprehension,
    dict_comprehension,
)
from jax_workbench.tools.lint_jax_code.engine.events import (
    Await,
    Binary,
    Branch,
    Compare,
    Format,
    Read,
    Truth,
)
from jax_workbench.tools.lint_jax_code.engine.frames import Frame, joined
from jax_workbench.tools.lint_jax_code.engine.operators import LARGEST, compared, computed, negated
from jax_workbench.tools.lint_jax_code.engine.presence import GUARDS
from jax_workbench.tools.lint_jax_code.engine.values import (
    MISSING,
    Function,
    Kind,
    Value,
    named,
    static,
    traced_of,
)
from jax_workbench.tools.lint_jax_code.engine.well_known import BUILTINS, MEANING, WELL_KNOWN

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

DISPLAYS: dict[type[ast.AST], Kind] = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}


def name(lint: "Analysis", frame: Frame, node: ast.Name) -> Value:
    """What a name stands for."""
    value, _ = frame.lookup(node.id)
    if value is None:
        value = _unbound(lint, node.id)
    if lint.listens(Read):
        lint.emit(Read(lint, frame, node, value))
    return value


def _unbound(lint: "Analysis", identifier: str) -> Value:
    if identifier in lint.facts.bound:
        return Value()
    if identifier in BUILTINS:
        return named(f"builtins.{identifier}")
    if identifier in WELL_KNOWN:
        return named(MEANING.get(identifier, identifier))
    return Value()


def constant(_lint: "Analysis", _frame: Frame, node: ast.Constant) -> Value:
    """A literal; of an integer too long to be written out in a message only the type."""
    if isinstance(node.value, int) and abs(node.value) > LARGEST:
        return static(dtype="int", node=node)
    return static(node.value, dtype=type(node.value).__name__, node=node)


def sequence(lint: "Analysis", frame: Frame, node: ast.Tuple | ast.List | ast.Set) -> Value:
    """A display of a tuple, list or set."""
    items: list[Value] | None = []
    level = 0
    for element in node.elts:
        if isinstance(element, ast.Starred):
            level = max(level, traced_of(lint.evaluate(frame, element.value)))
            items = None
            continue
        value = lint.evaluate(frame, element)
        if items is not None:
            items.append(value)
    kind = DISPLAYS[type(node)]
    return Value(kind, items=items, node=node, traced=level if items is None else 0)


def dictionary(lint: "Analysis", frame: Frame, node: ast.Dict) -> Value:
    """A display of a dict."""
    entries: dict[Any, Value] | None = {}
    for key, part in zip(node.keys, node.values, strict=True):
        value = lint.evaluate(frame, part)
        if key is None:
            entries = None
            continue
        picked = lint.evaluate(frame, key)
        if entries is not None and isinstance(picked.const, str | int):
            entries[picked.const] = value
        else:
            entries = None
    return Value("dict", entries=entries, node=node)


def binary(lint: "Analysis", frame: Frame, node: ast.BinOp) -> Value:
    """Arithmetic; chains of many terms are followed without recursion."""
    chain: list[ast.BinOp] = []
    inner: ast.expr = node
    while isinstance(inner, ast.BinOp):
        chain.append(inner)
        inner = inner.left
    value = lint.evaluate(frame, inner)
    for operation in reversed(chain):
        right = lint.evaluate(frame, operation.right)
        left, value = value, computed(frame, operation, value, right)
        lint.emit(Binary(lint, frame, operation, left, operation.op, right, value))
    return value


def unary(lint: "Analysis", frame: Frame, node: ast.UnaryOp) -> Value:
    """`-x`, `+x`, `~x`, `not x`; chains are followed without recursion."""
    chain: list[ast.UnaryOp] = []
    inner: ast.expr = node
    while isinstance(inner, ast.UnaryOp):
        chain.append(inner)
        inner = inner.operand
    value = lint.evaluate(frame, inner)
    for operation in reversed(chain):
        if isinstance(operation.op, ast.Not):
            lint.emit(Truth(lint, frame, operation.operand, value, operation, "not"))
            const = not value.const if isinstance(value.const, bool) else MISSING
            value = static(const, dtype="bool")
        else:
            value = negated(frame, operation, value)
    return value


def boolean(lint: "Analysis", frame: Frame, node: ast.BoolOp) -> Value:
    """`and`, `or`: all operands but the last are asked for their truth."""
    kind = "and" if isinstance(node.op, ast.And) else "or"
    values: list[Value] = []
    before = frame.guards
    for operand in node.values:
        value = lint.evaluate(frame, operand)
        values.append(value)
        if operand is not node.values[-1]:
            lint.emit(Truth(lint, frame, operand, value, node, kind))
    frame.guards = before
    if all(v.kind == "static" for v in values):
        return static(dtype="bool" if all(v.dtype == "bool" for v in values) else "")
    if values[-1].kind == "array" and all(v.op in {"Is", "IsNot"} for v in values[:-1]):
        return values[-1]
    result = values[0]
    for value in values[1:]:
        result = joined(result, value)
    return result


def comparison(lint: "Analysis", frame: Frame, node: ast.Compare) -> Value:
    """A comparison, or a chain of them."""
    left = lint.evaluate(frame, node.left)
    result = Value()
    for position, (operator, part) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = lint.evaluate(frame, part)
        lint.emit(Compare(lint, frame, node, left, operator, right))
        result = compared(frame, node, left, operator, right)
        if position < len(node.ops) - 1:
            lint.emit(Truth(lint, frame, node, result, node, "chain"))
        left = right
    return result


def conditional(lint: "Analysis", frame: Frame, node: ast.IfExp) -> Value:
    """`a if test else b`."""
    test = lint.evaluate(frame, node.test)
    lint.emit(Branch(lint, frame, node, node.test, test, "ifexp"))
    start, guards = lint.state(frame), frame.guards
    text = lint.dump(node.test)
    is_guard = any(word in text for word in GUARDS)
    lint.guard_depth += is_guard
    frame.guards = (*guards, (text, True))
    first = lint.evaluate(frame, node.body)
    end = lint.state(frame)
    lint.restore(frame, start)
    frame.guards = (*guards, (text, False))
    second = lint.evaluate(frame, node.orelse)
    frame.guards = guards
    lint.guard_depth -= is_guard
    lint.join(frame, [end, lint.state(frame)])
    return joined(first, second)


def function(lint: "Analysis", frame: Frame, node: ast.Lambda) -> Value:
    """A lambda."""
    lint.present_at[node] = lint.present
    made = Function(node, frame, in_loop=frame.in_loop)
    for parameter in node.args.defaults:
        lint.evaluate(frame, parameter)
    lint.functions.append(made)
    return Value("function", function=made, node=node)


def attribute(lint: "Analysis", frame: Frame, node: ast.Attribute) -> Value:
    """`base.name`."""
    return attribute_of(lint, frame, node, lint.evaluate(frame, node.value))


def formatted_text(lint: "Analysis", frame: Frame, node: ast.JoinedStr) -> Value:
    """An f-string; `args` of what it gives are its parts."""
    parts = [
        lint.evaluate(frame, part) for part in node.values if isinstance(part, ast.FormattedValue)
    ]
    return Value("static", dtype="str", op="f-string", args=tuple(parts), node=node)


def formatted_part(lint: "Analysis", frame: Frame, node: ast.FormattedValue) -> Value:
    """`{value:spec}` of an f-string."""
    value = lint.evaluate(frame, node.value)
    if node.format_spec is not None:
        lint.evaluate(frame, node.format_spec)
        spec = "".join(
            str(c.value) for c in ast.walk(node.format_spec) if isinstance(c, ast.Constant)
        )
        lint.emit(Format(lint, frame, node, value, spec))
    return value


def walrus(lint: "Analysis", frame: Frame, node: ast.NamedExpr) -> Value:
    """`(name := value)`."""
    value = lint.evaluate(frame, node.value)
    bind_target(lint, frame.root, node.target, value, node)
    return value


def awaited(lint: "Analysis", frame: Frame, node: ast.Await) -> Value:
    """`await value`."""
    value = lint.evaluate(frame, node.value)
    lint.emit(Await(lint, frame, node, value))
    return value


def yielded(lint: "Analysis", frame: Frame, node: ast.Yield) -> Value:
    """`yield value`: the function gives an iterator."""
    if node.value is not None:
        lint.evaluate(frame, node.value)
    frame.root.returned.append((node, Value("iterator", op="generator")))
    return Value()


def yielded_from(lint: "Analysis", frame: Frame, node: ast.YieldFrom) -> Value:
    """`yield from values`."""
    lint.evaluate(frame, node.value)
    frame.root.returned.append((node, Value("iterator", op="generator")))
    return Value()


def starred(lint: "Analysis", frame: Frame, node: ast.Starred) -> Value:
    """`*values`."""
    return lint.evaluate(frame, node.value)


def slice_of(lint: "Analysis", frame: Frame, node: ast.Slice) -> Value:
    """`start:stop:step`; `args` are the bounds, None where they are left out."""
    bounds = tuple(
        lint.evaluate(frame, bound) if bound is not None else static(None)
        for bound in (node.lower, node.upper, node.step)
    )
    return Value("static", op="slice", args=bounds, node=node, const=MISSING)


EVALUATORS: dict[type[ast.AST], Callable[["Analysis", Frame, Any], Value]] = {
    ast.Name: name,
    ast.Constant: constant,
    ast.Tuple: sequence,
    ast.List: sequence,
    ast.Set: sequence,
    ast.Dict: dictionary,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.BoolOp: boolean,
    ast.Compare: comparison,
    ast.IfExp: conditional,
    ast.Lambda: function,
    ast.Call: evaluate_call,
    ast.Attribute: attribute,
    ast.Subscript: subscript,
    ast.JoinedStr: formatted_text,
    ast.FormattedValue: formatted_part,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.DictComp: dict_comprehension,
    ast.NamedExpr: walrus,
    ast.Await: awaited,
    ast.Yield: yielded,
    ast.YieldFrom: yielded_from,
    ast.Starred: starred,
    ast.Slice: slice_of,
}
