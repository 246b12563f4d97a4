"""What loops do to the state. Each function says whether control never leaves at the end."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.bindings import bind_target, element_of
from jax_workbench.tools.lint_jax_code.engine.events import Branch, Iterate
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def loop(lint: "Analysis", frame: Frame, node: ast.For | ast.AsyncFor) -> bool:
    """`for`: the body twice, so that what one turn leaves behind meets the next."""
    source = lint.evaluate(frame, node.iter)
    lint.emit(Iterate(lint, frame, node, node.iter, source, node.body))
    n_items = _n_turns(source)
    frame.loops.append(node)
    before, present = frame.names, lint.present
    for turn in range(2 if n_items is None else min(n_items, 2)):
        before = dict(frame.names)
        part = element_of(lint, frame, source, node.iter, turn, node)
        bind_target(lint, frame, node.target, part, node)
        if lint.execute(frame, node.body) and _always_leaves(node.body):
            break
    frame.loops.pop()
    lint.present = present
    _forget_shapes(frame, before)
    lint.execute(frame, node.orelse)
    return False


def _n_turns(source: Value) -> int | None:
    if source.items is not None:
        return len(source.items)
    if source.op == "builtins.range" and len(source.args) == 1 and source.args[0].is_number:
        return max(int(source.args[0].const), 0) if source.args[0].const < 2**31 else None
    return None


def _always_leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Return | ast.Break | ast.Raise)


def while_loop(lint: "Analysis", frame: Frame, node: ast.While) -> bool:
    """`while`: as `for`."""
    frame.loops.append(node)
    before, present = frame.names, lint.present
    for _ in range(2):
        before = dict(frame.names)
        test = lint.evaluate(frame, node.test)
        lint.emit(Branch(lint, frame, node, node.test, test, "while"))
        if lint.execute(frame, node.body) and _always_leaves(node.body):
            break
    frame.loops.pop()
    lint.present = present
    _forget_shapes(frame, before)
    lint.execute(frame, node.orelse)
    return False


def _forget_shapes(frame: Frame, before: dict[str, Value]) -> None:
    """What one more turn changed the shape of has an unknown one after the loop."""
    for name, value in frame.names.items():
        old = before.get(name)
        if old is not None and old is not value and old.shape != value.shape:
            value.shape = None


def leaves_loop(_lint: "Analysis", _frame: Frame, _node: ast.stmt) -> bool:
    """`break`, `continue`."""
    return True
