"""Walks the bodies of functions with the arguments that they are given."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.events import FunctionEnd
from jax_workbench.tools.lint_jax_code.engine.frames import Frame, joined
from jax_workbench.tools.lint_jax_code.engine.parameters import bound_arguments
from jax_workbench.tools.lint_jax_code.engine.values import (
    Function,
    Transform,
    Value,
    static,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

MAX_DEPTH = 12
"""Calls inside calls that are followed."""
MAX_WALKS = 24
"""Times that one body is walked in one file."""


def invoke(
    lint: "Analysis",
    frame: Frame,
    function: Function,
    args: list[Value],
    kwargs: dict[str, Value],
    *,
    staged: int = 0,
    call: ast.AST | None = None,
    is_mapped: bool = False,
) -> Value:
    """Walk a function's body with these arguments; what it returns."""
    return enter(
        lint,
        frame,
        function,
        bound_arguments(function, args, kwargs),
        staged=staged,
        call=call,
        is_mapped=is_mapped,
    )


def enter(
    lint: "Analysis",
    frame: Frame,
    function: Function,
    names: dict[str, Value],
    *,
    staged: int = 0,
    call: ast.AST | None = None,
    is_mapped: bool = False,
    transforms: tuple[Transform, ...] = (),
) -> Value:
    """Walk a function's body with these names."""
    node = function.node
    walks = lint.walks.get(node, 0)
    if node in lint.calling or frame.depth >= MAX_DEPTH or lint.steps_left < 0 or walks > MAX_WALKS:
        return Value()
    lint.walks[node] = walks + 1
    now = Value().serial
    inner = Frame(
        outer=function.frame,
        function=function,
        staged=max(frame.staged, staged),
        names=names,
        guards=frame.guards,
        depth=frame.depth + 1,
        caller=frame,
        mapped_since=now if is_mapped else frame.mapped_since,
        contexts=frame.contexts,
        entered=now,
        call=call,
        transforms=transforms or frame.transforms,
    )
    lint.analysed[node] = max(lint.analysed.get(node, -1), inner.staged)
    lint.calling.append(node)
    present = lint.present
    lint.present |= lint.present_at.get(node, frozenset())
    try:
        _walk(lint, inner, node)
    except RecursionError:
        if len(lint.calling) > 1:
            raise
        lint.is_too_deep = True  # the outermost function is left out, the others are looked at
        return Value()
    finally:
        lint.calling.pop()
        lint.present = present
    for consumed in inner.exits:
        lint.consumed = consumed | lint.consumed
    lint.emit(FunctionEnd(lint, inner, node, function, inner.returned))
    return _result(inner, node)


def _walk(
    lint: "Analysis", inner: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
) -> None:
    if isinstance(node, ast.Lambda):
        inner.returned.append((node.body, lint.evaluate(inner, node.body)))
    elif not lint.execute(inner, node.body):
        inner.returned.append((node, static(None)))


def _result(inner: Frame, node: ast.AST) -> Value:
    if isinstance(node, ast.AsyncFunctionDef) or not inner.returned:
        return Value()
    values = [value for at, value in inner.returned if at is not node] or [inner.returned[0][1]]
    result = values[0]
    for value in values[1:]:
        result = joined(result, value)
    return result
