"""What statements do to the state. Each function says whether control never leaves at the end."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jax_workbench.tools.lint_jax_code.engine import definitions, loops
from jax_workbench.tools.lint_jax_code.engine.bindings import (
    bind_name,
    bind_target,
)
from jax_workbench.tools.lint_jax_code.engine.events import (
    Binary,
    Branch,
    Discard,
    StoreAttribute,
    StoreIndex,
)
from jax_workbench.tools.lint_jax_code.engine.frames import Frame, State
from jax_workbench.tools.lint_jax_code.engine.operators import computed
from jax_workbench.tools.lint_jax_code.engine.presence import (
    GUARDS,
    can_enter,
    decided_by_shapes,
    question_of,
)
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

CATCHES = frozenset(("ImportError", "AttributeError", "ModuleNotFoundError", "Exception"))


def assign(lint: "Analysis", frame: Frame, node: ast.Assign) -> bool:
    """`targets = value`."""
    value = lint.evaluate(frame, node.value)
    for target in node.targets:
        bind_target(lint, frame, target, value, node)
    return False


def annotated(lint: "Analysis", frame: Frame, node: ast.AnnAssign) -> bool:
    """`target: annotation = value`."""
    if not lint.facts.has_future_annotations:
        lint.evaluate(frame, node.annotation)
    if node.value is not None:
        bind_target(lint, frame, node.target, lint.evaluate(frame, node.value), node)
    return False


def augmented(lint: "Analysis", frame: Frame, node: ast.AugAssign) -> bool:
    """`target += value`."""
    operation = ast.copy_location(
        ast.BinOp(left=_loaded(node.target), op=node.op, right=node.value), node
    )
    value = lint.evaluate(frame, node.value)
    match node.target:
        case ast.Name(id=name):
            old, _ = frame.lookup(name)
            left = old or Value()
            result = computed(frame, operation, left, value)
            lint.emit(Binary(lint, frame, operation, left, node.op, value, result))
            bind_name(lint, frame, name, result, node)
        case ast.Subscript():
            base = lint.evaluate(frame, node.target.value)
            index = lint.evaluate(frame, node.target.slice)
            lint.emit(
                StoreIndex(lint, frame, node, node.target, base, index, value, operator=node.op)
            )
        case ast.Attribute(attr=name):
            base = lint.evaluate(frame, node.target.value)
            old = base.attributes.get(name, Value())
            result = computed(frame, operation, old, value)
            lint.emit(StoreAttribute(lint, frame, node, node.target, base, result))
            if base.kind in {"instance", "object"}:
                base.attributes[name] = result
    return False


def _loaded(target: ast.expr) -> ast.expr:
    return target  # only its place and name are looked at


def expression(lint: "Analysis", frame: Frame, node: ast.Expr) -> bool:
    """An expression whose value nobody takes."""
    value = lint.evaluate(frame, node.value)
    lint.emit(Discard(lint, frame, node, value, lint.is_last_of_cell(node)))
    return False


def returned(lint: "Analysis", frame: Frame, node: ast.Return) -> bool:
    """`return value`."""
    value = (
        lint.evaluate(frame, node.value) if node.value is not None else Value("static", const=None)
    )
    frame.root.returned.append((node, value))
    frame.root.exits.append(dict(lint.consumed))
    return True


def raised(lint: "Analysis", frame: Frame, node: ast.Raise) -> bool:
    """`raise error`."""
    if node.exc is not None:
        lint.evaluate(frame, node.exc)
    return True


def asserted(lint: "Analysis", frame: Frame, node: ast.Assert) -> bool:
    """`assert test`."""
    value = lint.evaluate(frame, node.test)
    lint.emit(Branch(lint, frame, node, node.test, value, "assert"))
    if node.msg is not None:
        lint.evaluate(frame, node.msg)
    return False


def branch(lint: "Analysis", frame: Frame, node: ast.If) -> bool:
    """`if`: both arms from the same state, joined behind them."""
    test = lint.evaluate(frame, node.test)
    lint.emit(Branch(lint, frame, node, node.test, test, "if"))
    text = lint.dump(node.test)
    if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
        text, sense = lint.dump(node.test.operand), False
    else:
        sense = True
    is_guard = any(word in text for word in GUARDS)
    lint.guard_depth += is_guard
    start, guards = lint.state(frame), frame.guards
    question, decided = question_of(frame, node.test), decided_by_shapes(test)
    ends: list[State] = []
    for body, taken in ((node.body, sense), (node.orelse, not sense)):
        lint.restore(frame, start)
        if decided is not None and decided is not (body is node.body):
            continue
        if not can_enter(lint, frame, question, is_true=taken is sense):
            continue
        frame.guards = (*guards, (text, taken))
        if not lint.execute(frame, body):
            ends.append(lint.state(frame))
    frame.guards = guards
    lint.guard_depth -= is_guard
    lint.join(frame, ends)
    return not ends


def attempt(lint: "Analysis", frame: Frame, node: ast.Try) -> bool:
    """`try`: handlers start from before or after the body."""
    caught = {
        part.id
        for handler in node.handlers
        for part in ast.walk(handler.type or ast.Name("Exception"))
        if isinstance(part, ast.Name)
    }
    is_guard = bool(caught & CATCHES)
    start = lint.state(frame)
    lint.guard_depth += is_guard
    ended = lint.execute(frame, node.body)
    lint.guard_depth -= is_guard
    ended = ended or lint.execute(frame, node.orelse)
    after = lint.state(frame)
    ends = [] if ended else [after]
    for handler in node.handlers:
        lint.restore(frame, start)
        if handler.name:
            bind_name(lint, frame, handler.name, Value(), handler)
        lint.guard_depth += is_guard
        if not lint.execute(frame, handler.body):
            ends.append(lint.state(frame))
        lint.guard_depth -= is_guard
    lint.join(frame, ends)
    left = lint.execute(frame, node.finalbody)
    return left or not ends


def context(lint: "Analysis", frame: Frame, node: ast.With | ast.AsyncWith) -> bool:
    """`with`: its blocks are remembered while the body runs."""
    staged, depth = frame.staged, len(frame.contexts)
    frame.contexts = [*frame.contexts]
    for item in node.items:
        value = lint.evaluate(frame, item.context_expr)
        frame.contexts.append((value, item.context_expr))
        if value.op == "jax.ensure_compile_time_eval":
            frame.staged = 0
        if item.optional_vars is not None:
            entered = value if value.kind in {"object", "instance"} else Value()
            bind_target(lint, frame, item.optional_vars, entered, node)
    ended = lint.execute(frame, node.body)
    frame.contexts = frame.contexts[:depth]
    frame.staged = staged
    return ended


def deleted(lint: "Analysis", frame: Frame, node: ast.Delete) -> bool:
    """`del names`."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript | ast.Attribute):
            base = lint.evaluate(frame, target.value)
            if isinstance(target, ast.Subscript):
                index = lint.evaluate(frame, target.slice)
                lint.emit(StoreIndex(lint, frame, node, target, base, index, Value()))
    return False


def declared_outer(_lint: "Analysis", frame: Frame, node: ast.Global | ast.Nonlocal) -> bool:
    """`global`, `nonlocal`."""
    frame.outer_names.update(node.names)
    return False


def matched(lint: "Analysis", frame: Frame, node: ast.Match) -> bool:
    """`match`: every case from the same state."""
    subject = lint.evaluate(frame, node.subject)
    start, guards = lint.state(frame), frame.guards
    ends = [start]
    for position, case in enumerate(node.cases):
        lint.restore(frame, start)
        for part in ast.walk(case.pattern):
            if isinstance(part, ast.MatchValue) and part is case.pattern:
                equal = Value(subject.kind, traced=subject.traced, dtype="bool")
                lint.emit(Branch(lint, frame, part, part.value, equal, "match"))
            name = getattr(part, "name", None) or getattr(part, "rest", None)
            if isinstance(name, str):
                bind_name(lint, frame, name, Value(), node)
        if case.guard is not None:
            test = lint.evaluate(frame, case.guard)
            lint.emit(Branch(lint, frame, case.guard, case.guard, test, "match"))
        frame.guards = (*guards, (f"{lint.dump(node.subject)}#{position}", True))
        if not lint.execute(frame, case.body):
            ends.append(lint.state(frame))
    frame.guards = guards
    lint.join(frame, ends)
    return False


EXECUTORS: dict[type[ast.AST], Callable[["Analysis", Frame, Any], bool]] = {
    ast.Assign: assign,
    ast.AnnAssign: annotated,
    ast.AugAssign: augmented,
    ast.Expr: expression,
    ast.Return: returned,
    ast.Raise: raised,
    ast.Assert: asserted,
    ast.If: branch,
    ast.For: loops.loop,
    ast.AsyncFor: loops.loop,
    ast.While: loops.while_loop,
    ast.Break: loops.leaves_loop,
    ast.Continue: loops.leaves_loop,
    ast.Try: attempt,
    ast.TryStar: attempt,
    ast.With: context,
    ast.AsyncWith: context,
    ast.Delete: deleted,
    ast.Global: declared_outer,
    ast.Nonlocal: declared_outer,
    ast.Match: matched,
    ast.FunctionDef: definitions.function,
    ast.AsyncFunctionDef: definitions.function,
    ast.ClassDef: definitions.klass,
    ast.Import: definitions.imported,
    ast.ImportFrom: definitions.imported_from,
}
