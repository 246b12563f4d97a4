"""Where the mistake behind an error stands, if not where it is raised. Runs in the worker.

JAX and Flax raise where a function is called, while what is wrong stands in the function that was
handed in, or at the `apply` that did not hand something in. Their messages and frames say which.
Taken from errors of JAX 0.12.0.1 and flax 0.12.12.
"""

import ast
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

from jax_workbench.tools.lint_jax_code.observing import NAME
from jax_workbench.tools.lint_jax_code.source import Source

LEAKED = re.compile(rf"intermediate value was created on line {NAME}:(\d+)")
OF_A_RESULT = re.compile(
    r"must (?:return|produce|be a pair)|should return|traced for \w+ returned a value of type"
    r"|grad requires real-valued"
)
NAMED = re.compile(r"(?:rule|pallas_call|function) (\w+)")
OF_A_METHOD = re.compile(r"argument to <function [\w.<>]*?(\w+) at .* at path self\b", re.DOTALL)
SIGNATURE = re.compile(
    r"^(?:[\w.<>]+\.)?([a-zA-Z]\w*)\(\) (?:takes|missing|got an unexpected keyword)"
)
OF_THE_SCOPE = frozenset(
    (
        "InvalidRngError",
        "ModifyScopeVariableError",
        "ScopeCollectionNotFound",
        "ScopeVariableNotFoundError",
        "ScopeParamNotFoundError",
    )
)
"""Errors of Flax that come of what `apply` was given."""
HANDED: dict[str, tuple[tuple[str, int], ...]] = {
    "scan": (("f", 0),),
    "fori_loop": (("body_fun", 2),),
    "while_loop": (("cond_fun", 0), ("body_fun", 1)),
    "defvjp": (("fwd", 0), ("bwd", 1)),
    "grad": (("fun", 0),),
    "value_and_grad": (("fun", 0),),
}
"""Calls, and their arguments that are functions: name and place."""
LOOPS = ("scan", "fori_loop", "while_loop")
ONE_IN_THE_TEXT = {"VJP": ("defvjp",), "grad": ("grad", "value_and_grad")}
"""Words of messages, and calls that are meant where the text has one of them."""
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def origin_of(error: Exception, source: Source) -> int | None:
    """The line of the text to mend; None where it is the one that raises, or is not known."""
    text = str(error)
    if leaked := LEAKED.search(text):
        return int(leaked[1])
    if type(error).__name__ in OF_THE_SCOPE:
        return _entry_into_flax(error)
    if "CpuCallback error" in text:
        return _only([n.lineno for n in _calls(source, "pure_callback", "io_callback")])
    if isinstance(error, TypeError) and (named := SIGNATURE.match(text)):
        is_called_by_us = _frames(error)[-1].filename == NAME
        function = None if is_called_by_us else _function(source, named[1])
        return function.lineno if function is not None else None
    if method := OF_A_METHOD.search(text):
        function = _function(source, method[1])
        places = function.decorator_list if function is not None else []
        return places[0].lineno if places else None
    if OF_A_RESULT.search(text):
        return _line_of_the_result(text, source, _lines(error))
    return None


def _frames(error: Exception) -> list[traceback.FrameSummary]:
    return [*traceback.extract_tb(error.__traceback__)]


def _lines(error: Exception) -> list[int]:
    return [f.lineno for f in _frames(error) if f.filename == NAME and f.lineno is not None]


def _entry_into_flax(error: Exception) -> int | None:
    """The first line of the text that calls Flax."""
    line = None
    for frame in _frames(error):
        if frame.filename == NAME:
            line = frame.lineno
        elif "flax" in Path(frame.filename).parts:
            return line
    return None


def _line_of_the_result(text: str, source: Source, lines: list[int]) -> int | None:
    """Where the function that the message speaks of returns, if at one place."""
    named = (_function(source, name) for name in NAMED.findall(text))
    function = next((f for f in named if f is not None), None) or _handed_in(text, source, lines)
    if function is None:
        return None
    if isinstance(function, ast.Lambda):
        return function.body.lineno
    return _only([node.lineno for node in _returns(function)])


def _handed_in(text: str, source: Source, lines: list[int]) -> Function | None:
    """The function that was given to the loop that raises, or to the one call that is meant."""
    meant = next((names for word, names in ONE_IN_THE_TEXT.items() if word in text), None)
    if meant is not None:
        call = _only([*_calls(source, *meant)])
    else:
        at = lines[-1] if lines else 0
        loops = _calls(source, *LOOPS)
        call = _only([c for c in loops if c.lineno <= at <= (c.end_lineno or c.lineno)])
    if call is None:
        return None
    candidates = HANDED[_called(call)]
    keyword, place = next((c for c in candidates if c[0] in text), candidates[0])
    given = {k.arg: k.value for k in call.keywords}
    return _meant_by(
        given.get(keyword, call.args[place] if place < len(call.args) else None), source
    )


def _meant_by(argument: ast.expr | None, source: Source) -> Function | None:
    """The function of the text that an argument is, also through `partial`."""
    match argument:
        case ast.Lambda():
            return argument
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _function(source, name)
        case ast.Call(args=[inner, *_]) if _called(argument) == "partial":
            return _meant_by(inner, source)
        case _:
            return None


def _calls(source: Source, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _called(node) in names:
            yield node


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _function(source: Source, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The one function of that name."""
    return _only(
        [
            node
            for node in ast.walk(source.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        ]
    )


def _returns(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Return]:
    """Of the function itself, not of those inside."""
    inner: list[ast.AST] = [*function.body]
    while inner:
        node = inner.pop()
        if isinstance(node, ast.Return):
            yield node
        if not isinstance(node, Function):
            inner += ast.iter_child_nodes(node)


def _only[T](found: list[T]) -> T | None:
    return found[0] if len(found) == 1 else None
