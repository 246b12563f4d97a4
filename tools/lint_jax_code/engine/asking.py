"""Questions that many rules ask, and words that many of them use."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine.events import Event, Index
from jax_workbench.tools.lint_jax_code.engine.keys import PASSED, age
from jax_workbench.tools.lint_jax_code.engine.parameters import DIFFERENTIATING
from jax_workbench.tools.lint_jax_code.engine.rule import Edit
from jax_workbench.tools.lint_jax_code.engine.stacks import innermost
from jax_workbench.tools.lint_jax_code.engine.values import (
    MAPPED,
    STAGED,
    Value,
    leaves,
    traced_of,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame

SHOWN = 48
CONCRETE = ("tracer", "concrete")
SWITCH = re.compile(r"^Name\(id='_?[A-Z][A-Z_]+'")
"""A constant of the module: which way it goes is not known here."""


def is_abstract(event: Event, value: Value) -> bool:
    """Whether it is proven to be one array without a value, in code that nothing guards."""
    return value.kind == "array" and value.traced >= MAPPED and not is_guarded(event)


def is_traced(event: Event, value: Value) -> bool:
    """Whether it is a traced array or a traced argument of unknown structure."""
    return value.kind in {"array", "pytree"} and value.traced >= MAPPED and not is_guarded(event)


def is_differentiated_array(event: Event, value: Value) -> bool:
    """Whether it has no NumPy value: traced by any transformation, gradients included."""
    return value.kind in {"array", "pytree"} and value.traced > 0 and not is_guarded(event)


def outlives(event: Event, value: Value) -> bool:
    """Whether an object was there before the transformed code around was entered."""
    if event.frame.staged == 0 or value.op == "passed":
        return False
    scope = event.frame.root
    while scope.caller is not None and scope.caller.staged > 0:
        if scope.transforms is not scope.caller.root.transforms:
            break  # a transformation inside another: its tracers end with it
        scope = scope.caller.root
    return value.serial < scope.entered


def holds_tracer(event: Event, value: Value) -> bool:
    """Whether some part is traced; keys that staged code has made are."""
    if traced_of(value):
        return True
    if event.frame.staged != STAGED:
        return False
    scope = event.frame.root
    while scope.caller is not None and scope.caller.staged > 0:
        scope = scope.caller.root
    return any(
        leaf.kind in {"key", "keys"} and age(leaf) > scope.entered
        for leaf in leaves(value)
        if leaf.op != PASSED
    )


def key_name(event: Event) -> str:
    """How the key is written in the call that consumes it, as far as one argument looks like it."""
    if not isinstance(event.node, ast.Call) or not event.node.args:
        return "the key"
    if len(event.node.args) == 1:
        return shown(event.lint, event.node.args[0])
    texts = [shown(event.lint, argument) for argument in event.node.args]
    named = [text for text in texts if re.search(r"key|rng|seed", text, re.IGNORECASE)]
    is_sampler = isinstance(event.node.func, ast.Attribute) and not named
    return named[0] if named else texts[0] if is_sampler and texts[0].isidentifier() else "the key"


def option_node(node: ast.AST, name: str) -> ast.expr | None:
    """The value of a keyword somewhere in an expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.keyword) and part.arg == name:
            return part.value
    return None


def is_differentiated(event: Event) -> bool:
    """Whether the function around, or one that called it, is differentiated in this file."""
    nodes = {
        function.node
        for transform in event.lint.transforms
        if transform.name in DIFFERENTIATING
        and (function := innermost(transform.inner)[0]) is not None
    }
    scope: Frame | None = event.frame.root
    while scope is not None:
        if scope.function is not None and scope.function.node in nodes:
            return True
        scope = scope.caller.root if scope.caller is not None else None
    return False


def is_guarded(event: Event) -> bool:
    """Whether the code asks first whether values are concrete, or catches what would be raised."""
    if event.lint.guard_depth > 0:
        return True
    guards = event.frame.guards
    known = event.lint.guarding.get(guards)
    if known is None:
        known = any(_asks_for_a_value(text, sense=sense) for text, sense in guards)
        event.lint.guarding[guards] = known
    return known


def _asks_for_a_value(text: str, *, sense: bool) -> bool:
    lowered = text.lower()
    return (
        any(word in lowered for word in CONCRETE)
        or (sense and "id='isinstance'" in text)
        or SWITCH.match(text) is not None
    )


def is_staged(event: Event) -> bool:
    """Whether the code around runs once, at tracing."""
    return event.frame.staged == STAGED


def shown(lint: "Analysis", node: ast.AST) -> str:
    """The code of a node on one line, cut."""
    text = " ".join(lint.text(node).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def replaced(lint: "Analysis", node: ast.AST, text: str) -> Edit:
    """An edit that puts a text in the place of a node."""
    start, end = lint.source.span(node)
    return Edit(start, end, text)


def inserted_before(lint: "Analysis", node: ast.AST, text: str) -> Edit:
    """An edit that puts a text before a node."""
    start, _ = lint.source.span(node)
    return Edit(start, start, text)


def argument_added(lint: "Analysis", call: ast.Call, text: str) -> Edit:
    """An edit that adds an argument at the end of a call."""
    _, end = lint.source.span(call)
    inside = lint.source.text[: end - 1].rstrip()
    is_first = not call.args and not call.keywords
    comma = "" if is_first else " " if inside.endswith(",") else ", "
    return Edit(len(inside), len(inside), f"{comma}{text}")


def via(value: Value, depth: int = 6) -> Iterator[Value]:
    """A value and what it was computed from, nearest first."""
    if depth < 0:
        return
    yield value
    for part in value.args:
        yield from via(part, depth - 1)


def is_same(one: Value, other: Value, depth: int = 4) -> bool:
    """Whether two values are proven equal: the same one, or computed alike from the same ones."""
    if one is other:
        return True
    if one.has_const and other.has_const:
        return type(one.const) is type(other.const) and one.const == other.const
    if depth == 0 or not one.op or one.op != other.op or one.op.startswith("jax.random."):
        return False
    alike = len(one.args) == len(other.args) > 0
    pairs = zip(one.args, other.args, strict=False)
    return alike and all(is_same(a, b, depth - 1) for a, b in pairs)


def is_free(event: Event, node: ast.AST) -> bool:
    """Whether a name is bound outside the function that reads it."""
    return isinstance(node, ast.Name) and event.frame.is_free(node.id)


def is_mask(event: Index) -> bool:
    """Whether the index is a boolean array whose values are not known."""
    return event.index.kind == "array" and event.index.dtype == "bool" and event.index.traced > 0


def is_test_file(lint: "Analysis") -> bool:
    """Whether the file's name says that it holds tests."""
    return _names_tests(lint.source.filename)


@lru_cache(maxsize=64)
def _names_tests(filename: str) -> bool:
    name = filename.replace("\\", "/")
    base = name.rpartition("/")[2]
    return base.startswith(("test_", "conftest")) or base.endswith("_test.py") or "/tests/" in name
