"""Comprehensions: their element is evaluated as often as a loop would."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.bindings import bind_target, element_of
from jax_workbench.tools.lint_jax_code.engine.events import Branch, Iterate
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.values import Kind, Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

DISPLAYS: dict[type[ast.AST], Kind] = {
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.GeneratorExp: "iterator",
}


def comprehension(
    lint: "Analysis", frame: Frame, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
) -> Value:
    """A comprehension: its element, evaluated as often as a loop would."""
    element = _comprehended(lint, frame, node, lambda inner: lint.evaluate(inner, node.elt))
    if element.kind == "key":
        return Value("keys", node=node)
    kind = DISPLAYS[type(node)]
    return Value(
        kind,
        op="comprehension",
        args=(element,),
        traced=element.traced,
        node=node,
    )


def dict_comprehension(lint: "Analysis", frame: Frame, node: ast.DictComp) -> Value:
    """A dict comprehension."""

    def both(inner: Frame) -> Value:
        lint.evaluate(inner, node.key)
        return lint.evaluate(inner, node.value)

    element = _comprehended(lint, frame, node, both)
    return Value("dict", op="comprehension", args=(element,), traced=element.traced, node=node)


def _comprehended(
    lint: "Analysis",
    frame: Frame,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    evaluate: Callable[[Frame], Value],
) -> Value:
    inner = Frame(
        outer=frame,
        function=frame.function,
        staged=frame.staged,
        is_comprehension=True,
        guards=frame.guards,
        depth=frame.depth,
        caller=frame.caller,
        mapped_since=frame.mapped_since,
        contexts=frame.contexts,
    )
    inner.loops = [*frame.loops, node]
    element = Value()
    sources = [lint.evaluate(frame, node.generators[0].iter)]
    for turn in range(2):
        for position, generator in enumerate(node.generators):
            if position == len(sources):
                sources.append(lint.evaluate(inner, generator.iter))
            source = sources[position]
            if turn == 0:
                lint.emit(Iterate(lint, inner, node, generator.iter, source, []))
            part = element_of(lint, frame, source, generator.iter, turn, node)
            bind_target(lint, inner, generator.target, part, node)
            for test in generator.ifs:
                lint.emit(Branch(lint, inner, test, test, lint.evaluate(inner, test), "filter"))
        element = evaluate(inner)
        if sources[0].items is not None and len(sources[0].items) <= 1:
            break
    return element
