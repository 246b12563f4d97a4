"""Staged code reads a global that is changed after its first call.

## Why is this bad?
The value at tracing is compiled in; the change is not seen, and no error says so.

## Use instead
Pass it as an argument.
"""

import ast
import math
from collections.abc import Iterator

from jax_workbench.tools.lint_jax_code.engine.asking import is_staged
from jax_workbench.tools.lint_jax_code.engine.events import CallTransformed, ModuleEnd, Read
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.rule import Found, Rule
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost

KINDS = frozenset(("static", "list", "dict", "array", "numpy", "unknown", "tuple"))


def check(event: Read) -> Iterator[Found]:
    """Remember what staged functions read from the module."""
    if is_staged(event) and event.value.kind in KINDS and event.frame.is_free(event.node.id):
        _, scope = event.frame.lookup(event.node.id)
        if scope is not None and scope.outer is None and event.node.id in scope.names:
            seen = event.lint.scratch.setdefault("JAX208", {})
            seen.setdefault(event.node.id, (event.node, outermost(event.frame)))
    return iter(())


def outermost(frame: Frame) -> ast.AST | None:
    """The function whose body the trace began with."""
    scope = frame.root
    while scope.caller is not None and scope.caller.staged > 0:
        scope = scope.caller.root
    return scope.function.node if scope.function is not None else None


def check_call(event: CallTransformed) -> Iterator[Found]:
    """Remember where each function is called first."""
    function, _ = innermost(event.transform.inner)
    if function is not None and event.frame.function is None:
        event.lint.scratch.setdefault("JAX208 calls", {}).setdefault(function.node, event.node)
        event.lint.scratch.setdefault("JAX208 last", {})[function.node] = event.node
    return iter(())


def check_end(event: ModuleEnd) -> Iterator[Found]:
    """Report reads of what the module changes after the first call."""
    first = event.lint.scratch.get("JAX208 calls", {})
    for name, (node, function) in event.lint.scratch.get("JAX208", {}).items():
        call = first.get(function)
        if call is None:
            yield from in_functions(event, name, node, function)
            continue
        end = math.inf
        if is_replaced(event.lint.source.tree, function):
            end = event.lint.scratch["JAX208 last"][function].lineno
        for line in writes(event.lint.source.tree, name):
            if call.end_lineno < line < end:
                yield Found(
                    node,
                    f"`{name}` is compiled in with its value at the first call; the change on"
                    f" line {line} is not seen. Pass it as an argument.",
                    related=((call, "traced here"),),
                )
                break


def is_replaced(tree: ast.Module, function: ast.AST) -> bool:
    """Whether another function takes the name further down."""
    name, line = getattr(function, "name", ""), getattr(function, "lineno", 0)
    return any(
        isinstance(node, ast.FunctionDef) and node.name == name and node.lineno > line
        for node in tree.body
    )


def in_functions(event: ModuleEnd, name: str, read: ast.AST, compiled: ast.AST) -> Iterator[Found]:
    """Report entries that a function changes in a loop which also calls what was compiled."""
    word = getattr(compiled, "name", "")
    for function in event.lint.functions:
        for loop in ast.walk(function.node):
            if not isinstance(loop, ast.For | ast.While) or read in set(ast.walk(loop)):
                continue
            lines = [getattr(p, "lineno", 0) for p in ast.walk(loop) if stores_in(p, name)]
            if lines and any(calls(part, word) for part in ast.walk(loop)):
                yield Found(
                    read,
                    f"`{name}` is compiled in with its value at the first call; the change on"
                    f" line {lines[0]} is not seen. Pass it as an argument.",
                )
                return


def calls(node: ast.AST, word: str) -> bool:
    """Whether it is a call of that name."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == word


def stores_in(node: ast.AST, name: str) -> bool:
    """Whether a statement writes an entry of that name."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=written))]):
            return written == name
        case _:
            return False


def writes(block: ast.Module | ast.For | ast.While, name: str) -> Iterator[int]:
    """Lines of the module itself, its loops included, that rebind a name or store into it."""
    for node in block.body:
        match node:
            case ast.For() | ast.While():
                yield from writes(node, name)
            case ast.Assign(targets=[target]) | ast.AugAssign(target=target):
                while isinstance(target, ast.Subscript):
                    target = target.value
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.lineno
            case _:
                continue


RULE = Rule(
    "JAX208",
    "stale-mutable-closure",
    "warning",
    (
        (Read, check),
        (CallTransformed, check_call),
        (ModuleEnd, check_end),
    ),
    confirm="none",
    page=__doc__ or "",
)
