"""Scopes and what holds in them at one point of the program."""

import ast
from dataclasses import dataclass, field

from jax_workbench.tools.lint_jax_code.engine.events import Use
from jax_workbench.tools.lint_jax_code.engine.values import (
    MISSING,
    Function,
    Klass,
    Transform,
    Value,
)

type Guards = tuple[tuple[str, bool], ...]


@dataclass(slots=True, eq=False)
class Frame:
    """One activation of a scope: the module, a function, a class body, a comprehension."""

    outer: "Frame | None" = None
    function: Function | None = None
    klass: Klass | None = None
    staged: int = 0
    names: dict[str, Value] = field(default_factory=dict[str, Value])
    outer_names: set[str] = field(default_factory=set[str])
    returned: list[tuple[ast.AST, Value]] = field(default_factory=list[tuple[ast.AST, Value]])
    loops: list[ast.AST] = field(default_factory=list[ast.AST])
    guards: Guards = ()
    depth: int = 0
    caller: "Frame | None" = None
    is_comprehension: bool = False
    mapped_since: int = -1
    """Serial at the entry of a mapped function: older values are shared by the batch."""
    exits: list[dict[int, Use]] = field(default_factory=list[dict[int, Use]])
    """Keys consumed at each return."""
    contexts: list[tuple[Value, ast.AST]] = field(default_factory=list[tuple[Value, ast.AST]])
    """The `with` blocks around."""
    entered: int = -1
    """Serial at the entry: what a caller handed in is older."""
    call: ast.AST | None = None
    """The call that entered, where a reader should look for what it does."""
    transforms: tuple[Transform, ...] = ()
    """The transformations around, the innermost call's."""

    def lookup(self, name: str) -> tuple[Value | None, "Frame | None"]:
        """A name's value and the scope that binds it; class bodies are skipped from inside."""
        frame: Frame | None = self
        while frame is not None:
            is_visible = frame is self or frame.klass is None
            if is_visible and name in frame.names:
                return frame.names[name], frame
            frame = frame.outer
        return None, None

    @property
    def root(self) -> "Frame":
        """The function's or module's own frame: comprehensions belong to it."""
        frame = self
        while frame.is_comprehension and frame.outer is not None:
            frame = frame.outer
        return frame

    def is_free(self, name: str) -> bool:
        """Whether a name that is read here is bound outside this function."""
        value, frame = self.lookup(name)
        return value is not None and frame is not None and frame.root is not self.root

    @property
    def in_loop(self) -> bool:
        """Whether the code runs in a loop of this function."""
        return bool(self.loops) or (
            self.is_comprehension and self.outer is not None and self.outer.in_loop
        )


@dataclass(slots=True)
class State:
    """What branches copy and joins put together."""

    names: dict[str, Value]
    consumed: dict[int, Use]
    donated: dict[int, ast.AST]
    present: frozenset[int]


def joined_names(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    """What holds of each name whichever way control came."""
    if left == right:
        return left
    both = dict(left)
    for name, value in right.items():
        other = both.get(name)
        both[name] = value if other is None else joined(other, value)
    return both


def joined(left: Value, right: Value) -> Value:
    """What holds of a value that is one or the other."""
    if left is right:
        return left
    if is_none(left) or is_none(right):
        # `x = None` before a branch that sets it: what is used later is the other.
        some = right if is_none(left) else left
        return Value("unknown", alternatives=(left, right)) if some.kind == "static" else some
    if left.kind != right.kind:
        return _mixed(left, right)
    same_const = left.has_const and right.has_const and _equal(left.const, right.const)
    return Value(
        left.kind,
        traced=min(left.traced, right.traced),
        name=left.name if left.name == right.name else "",
        const=left.const if same_const else MISSING,
        items=_joined_items(left, right),
        dtype=left.dtype if left.dtype == right.dtype else "",
        shape=left.shape if left.shape == right.shape else None,
        op=left.op if left.op == right.op else "",
        args=left.args if left.op == right.op else (),
        node=left.node,
        function=left.function if left.function is right.function else None,
        transform=left.transform if left.transform is right.transform else None,
        klass=left.klass if left.klass is right.klass else None,
        attributes=left.attributes if left.klass is right.klass else {},
        alternatives=(left, right),
    )


def _mixed(left: Value, right: Value) -> Value:
    arrays = {"array", "pytree", "static", "shape"}
    if left.traced and right.traced and {left.kind, right.kind} <= arrays:
        return Value("pytree", traced=min(left.traced, right.traced), alternatives=(left, right))
    return Value("unknown", alternatives=(left, right))


def is_none(value: Value) -> bool:
    """Whether it is proven to be None."""
    return value.has_const and value.const is None


def _equal(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _joined_items(left: Value, right: Value) -> list[Value] | None:
    if left.items is None or right.items is None or len(left.items) != len(right.items):
        return None
    if len(left.items) > 16:
        return None
    return [joined(a, b) for a, b in zip(left.items, right.items, strict=True)]
