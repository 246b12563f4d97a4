"""Functions, classes and imports: what they bind."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.bindings import bind_name
from jax_workbench.tools.lint_jax_code.engine.events import Import
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.transforms import apply_decorator
from jax_workbench.tools.lint_jax_code.engine.values import Function, Klass, Value, named

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis


def function(lint: "Analysis", frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """`def`: binds the function as its decorators leave it."""
    lint.present_at[node] = lint.present
    made = Function(node, frame, name=node.name, klass=frame.klass, in_loop=frame.in_loop)
    spec = node.args
    positional = [*spec.posonlyargs, *spec.args]
    if spec.defaults:
        for parameter, default in zip(
            positional[-len(spec.defaults) :], spec.defaults, strict=True
        ):
            made.defaults[parameter.arg] = lint.evaluate(frame, default)
    for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            made.defaults[parameter.arg] = lint.evaluate(frame, default)
    if not lint.facts.has_future_annotations:
        for parameter in (*positional, *spec.kwonlyargs):
            if parameter.annotation is not None:
                lint.evaluate(frame, parameter.annotation)
    lint.functions.append(made)
    value = Value("function", function=made, node=node)
    for decorator in reversed(node.decorator_list):
        value = apply_decorator(lint, frame, decorator, value)
    bind_name(lint, frame, node.name, value, node)
    return False


def klass(lint: "Analysis", frame: Frame, node: ast.ClassDef) -> bool:
    """`class`: its body runs in a scope of its own."""
    bases = tuple(lint.evaluate(frame, base) for base in node.bases)
    decorators = tuple(lint.evaluate(frame, decorator) for decorator in node.decorator_list)
    made = Klass(node, bases, frame, decorators=decorators)
    inner = Frame(outer=frame, klass=made, staged=frame.staged, depth=frame.depth)
    lint.execute(inner, node.body)
    made.members = inner.names
    lint.classes.append(made)
    bind_name(lint, frame, node.name, Value("class", klass=made, node=node), node)
    return False


def imported(lint: "Analysis", frame: Frame, node: ast.Import) -> bool:
    """`import a.b as c`."""
    for alias in node.names:
        bound = alias.asname or alias.name.partition(".")[0]
        dotted = alias.name if alias.asname else bound
        lint.emit(Import(lint, frame, node, alias.name, alias, bound))
        bind_name(lint, frame, bound, named(dotted), node)
    return False


def imported_from(lint: "Analysis", frame: Frame, node: ast.ImportFrom) -> bool:
    """`from a import b as c`."""
    for alias in node.names:
        if alias.name == "*":
            continue
        dotted = f"{node.module or ''}.{alias.name}"
        bound = alias.asname or alias.name
        if node.level:
            bind_name(lint, frame, bound, Value(), node)
            continue
        lint.emit(Import(lint, frame, node, dotted, alias, bound))
        bind_name(lint, frame, bound, named(dotted), node)
    return False
