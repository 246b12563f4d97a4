"""What rules listen to: one event class for each thing that code can do."""

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from jax_workbench.tools.lint_jax_code.engine.values import Function, Transform, Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame


@dataclass(slots=True, eq=False)
class Event:
    """Something that happened at `node`, in `frame`."""

    lint: "Analysis"
    frame: "Frame"
    node: ast.AST

    @property
    def staged(self) -> int:
        """How the code around is transformed: UNTRACED to STAGED."""
        return self.frame.staged


@dataclass(slots=True, eq=False)
class Branch(Event):
    """A condition: of if, ifexp, while, assert, match or a comprehension's filter."""

    test: ast.expr
    value: Value
    kind: str


@dataclass(slots=True, eq=False)
class Truth(Event):
    """bool() by `and`, `or`, `not` or a chained comparison; `node` is the operand."""

    value: Value
    outer: ast.expr
    kind: str


@dataclass(slots=True, eq=False)
class Compare(Event):
    """A comparison with one operator."""

    left: Value
    operator: ast.cmpop
    right: Value


@dataclass(slots=True, eq=False)
class Binary(Event):
    """An arithmetic operation."""

    left: Value
    operator: ast.operator
    right: Value
    result: Value


@dataclass(slots=True, eq=False)
class Call(Event):
    """A call; `name` is the canonical dotted name of a library's function, or empty."""

    node: ast.Call  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    name: str
    callee: Value
    args: list[Value]
    kwargs: dict[str, Value]
    has_star: bool = False
    """`*args` is passed."""
    has_double_star: bool = False
    result: Value = field(default_factory=Value)
    inner: list[Value] = field(default_factory=list[Value])
    """What the functions gave that were handed to control flow."""

    def argument(self, position: int, name: str = "") -> Value | None:
        """An argument by position or keyword."""
        if name and name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else None

    def argument_node(self, position: int, name: str = "") -> ast.expr | None:
        """The expression of an argument."""
        for keyword in self.node.keywords:
            if name and keyword.arg == name:
                return keyword.value
        if 0 <= position < len(self.node.args):
            return self.node.args[position]
        return None

    def keyword(self, name: str) -> ast.keyword | None:
        """A keyword as it is written."""
        return next((k for k in self.node.keywords if k.arg == name), None)

    @property
    def method(self) -> str:
        """The attribute that is called, or empty."""
        return self.node.func.attr if isinstance(self.node.func, ast.Attribute) else ""

    @property
    def owner(self) -> Value | None:
        """The object whose method is called."""
        return self.callee.parent


@dataclass(slots=True, eq=False)
class Before(Call):
    """A call that is about to be evaluated: what it does has not happened yet."""


@dataclass(slots=True, eq=False)
class Index(Event):
    """A subscript."""

    node: ast.Subscript  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    base: Value
    index: Value
    is_at: bool
    """`x.at[...]`."""


@dataclass(slots=True, eq=False)
class StoreIndex(Event):
    """`base[index] = value`, or with an operator."""

    target: ast.Subscript
    base: Value
    index: Value
    value: Value
    operator: ast.operator | None = None


@dataclass(slots=True, eq=False)
class StoreAttribute(Event):
    """`base.attribute = value`, or with an operator."""

    target: ast.Attribute
    base: Value
    value: Value


@dataclass(slots=True, eq=False)
class Bind(Event):
    """A name is bound."""

    name: str
    value: Value
    previous: Value | None
    is_outer: bool
    """Declared global or nonlocal here."""


@dataclass(slots=True, eq=False)
class Unpack(Event):
    """Several names are bound to the parts of one value."""

    targets: list[ast.expr]
    value: Value


@dataclass(slots=True, eq=False)
class Discard(Event):
    """An expression statement whose value nobody takes."""

    node: ast.Expr  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    value: Value
    is_last: bool


@dataclass(slots=True, eq=False)
class Format(Event):
    """A value is formatted with a specification."""

    value: Value
    spec: str


@dataclass(slots=True, eq=False)
class Iterate(Event):
    """A loop over a value begins; `node` is the loop, `source` the iterable."""

    source: ast.expr
    value: Value
    body: list[ast.stmt]


@dataclass(slots=True, eq=False)
class Read(Event):
    """A name is read."""

    node: ast.Name  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    value: Value


@dataclass(slots=True, eq=False)
class Attribute(Event):
    """An attribute is read; `name` is dotted when the object is a library's."""

    node: ast.Attribute  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    base: Value
    name: str


@dataclass(slots=True, eq=False)
class Import(Event):
    """A module or name is imported."""

    name: str
    alias: ast.alias
    bound: str


@dataclass(slots=True, eq=False)
class Consume(Event):
    """A random key is consumed; `earlier` is where it was consumed before."""

    key: Value
    by: str
    earlier: "Use | None"
    by_repetition: bool


@dataclass(slots=True, eq=False)
class Use:
    """Where a key was consumed."""

    node: ast.AST
    by: str
    path: "tuple[Step, ...]"
    """From the scope that has the key inwards, through the calls that hand it on."""
    read: ast.AST | None = None
    """The fold_in that gave the key."""


class Step(NamedTuple):
    """One call on the way of a key to where it is consumed."""

    node: ast.AST
    entered: int
    """Which activation of the scope around this is."""
    guards: tuple[tuple[str, bool], ...]


@dataclass(slots=True, eq=False)
class Await(Event):
    """An await."""

    node: ast.Await  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    value: Value


@dataclass(slots=True, eq=False)
class Transformed(Event):
    """A transformation was applied to a function."""

    transform: Transform
    value: Value


@dataclass(slots=True, eq=False)
class CallTransformed(Event):
    """A transformed function of this file is called."""

    node: ast.Call  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
    transform: Transform
    args: list[Value]
    """With the object first where a method is called."""
    nodes: list[ast.expr]
    """The expressions of `args`."""
    kwargs: dict[str, Value]
    has_star: bool


@dataclass(slots=True, eq=False)
class FunctionEnd(Event):
    """A function's body was walked; `returned` are its return values, with their places."""

    function: Function
    returned: list[tuple[ast.AST, Value]]


@dataclass(slots=True, eq=False)
class ModuleEnd(Event):
    """Everything was walked."""
