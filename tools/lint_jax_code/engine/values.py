"""What the analysis knows of a value: its kind, how it came about, whether it is traced."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Literal

type Kind = Literal[
    "unknown",
    "static",  # a Python scalar, string or None
    "shape",  # an integer taken from a shape
    "array",  # a JAX array
    "arrays",  # a tuple or list of JAX arrays, of unknown length
    "pytree",  # leaves are arrays; the structure is unknown
    "numpy",
    "list",
    "tuple",
    "dict",
    "set",
    "function",  # defined in this file
    "transformed",  # jit(f), vmap(f), grad(f), ...
    "class",
    "instance",
    "name",  # a library's module, function, class or constant, by its dotted name
    "object",  # what a library's constructor gave; `op` names it
    "key",
    "keys",
    "iterator",
]

UNTRACED: Final = 0
DIFFERENTIATED: Final = 1
MAPPED: Final = 2
STAGED: Final = 3


class Missing:
    """No constant."""


MISSING: Final = Missing()

_next_serial: Callable[[], int] = count().__next__


@dataclass(slots=True, eq=False)
class Value:
    """One abstract value. Its identity is what key states and donation are tracked by."""

    kind: Kind = "unknown"
    traced: int = UNTRACED
    name: str = ""
    const: Any = MISSING
    items: list["Value"] | None = None
    entries: dict[Any, "Value"] | None = None
    dtype: str = ""
    """bool, int, float, or the name of an exact dtype."""
    shape: tuple[int | None, ...] | None = None
    op: str = ""
    """Dotted name of the call, or the operator, that made it."""
    args: tuple["Value", ...] = ()
    kwargs: "dict[str, Value]" = field(default_factory=dict[str, "Value"])
    node: ast.AST | None = None
    function: "Function | None" = None
    transform: "Transform | None" = None
    klass: "Klass | None" = None
    attributes: "dict[str, Value]" = field(default_factory=dict[str, "Value"])
    derived: "dict[Any, Value]" = field(default_factory=dict[Any, "Value"])
    """Parts that a constant picks: `keys[0]`, `fold_in(key, 0)`."""
    parent: "Value | None" = None
    alternatives: tuple["Value", ...] = ()
    serial: int = field(default_factory=_next_serial)
    """Grows with time: what was there before a function was entered has a smaller one."""

    @property
    def is_array(self) -> bool:
        """Whether it is one JAX array, concrete or traced."""
        return self.kind == "array"

    @property
    def has_const(self) -> bool:
        """Whether its Python value is known."""
        return self.const is not MISSING

    @property
    def is_number(self) -> bool:
        """Whether it is a known Python number."""
        return isinstance(self.const, int | float) and not isinstance(self.const, bool)

    @property
    def is_sequence(self) -> bool:
        """Whether it is a Python list or tuple."""
        return self.kind in {"list", "tuple"}

    @property
    def constructor(self) -> str:
        """What a library's object was made by; empty for anything else."""
        return self.op if self.kind == "object" else ""


@dataclass(slots=True, eq=False)
class Function:
    """A def or lambda of this file, with where it was defined."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Any
    """The frame that it closes over."""
    name: str = "<lambda>"
    bound: Value | None = None
    """`self` of a bound method."""
    klass: "Klass | None" = None
    partial_args: tuple[Value, ...] = ()
    partial_kwargs: dict[str, Value] = field(default_factory=dict[str, "Value"])
    in_loop: bool = False
    stand_in: Value | None = None
    """What the first parameter is, whatever the caller passes in its place: `module.apply`."""
    defaults: dict[str, Value] = field(default_factory=dict[str, "Value"])

    @property
    def parameters(self) -> list[ast.arg]:
        """Positional parameters that a caller still has to give."""
        spec = self.node.args
        given = [*spec.posonlyargs, *spec.args]
        skip = (self.bound is not None) + len(self.partial_args)
        return [p for p in given[skip:] if p.arg not in self.partial_kwargs]

    @property
    def has_star(self) -> bool:
        """Whether it takes `*args`."""
        return self.node.args.vararg is not None

    @property
    def n_required(self) -> int:
        """Positional parameters without a default."""
        return len(self.parameters) - len(self.node.args.defaults)

    @property
    def all_names(self) -> list[str]:
        """Every named parameter."""
        spec = self.node.args
        return [p.arg for p in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]


@dataclass(slots=True, eq=False)
class Transform:
    """A transformation and what it was applied to."""

    name: str
    """Canonical: jit, vmap, grad, value_and_grad, checkpoint, ..."""
    dotted: str
    inner: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    node: ast.AST
    is_decorator: bool = False

    def option(self, name: str, position: int | None = None) -> Value | None:
        """An option, by keyword or by its position after the function."""
        if name in self.kwargs:
            return self.kwargs[name]
        if position is not None and len(self.args) > position:
            return self.args[position]
        return None


@dataclass(slots=True, eq=False)
class Klass:
    """A class of this file."""

    node: ast.ClassDef
    bases: tuple[Value, ...]
    frame: Any
    members: dict[str, Value] = field(default_factory=dict[str, "Value"])
    decorators: tuple[Value, ...] = ()
    is_registered: bool = False

    def lineage(self) -> list["Klass"]:
        """The class and its bases of this file."""
        found: list[Klass] = [self]
        for base in self.bases:
            if base.klass is not None and base.klass not in found and len(found) < 20:
                found += [k for k in base.klass.lineage() if k not in found]
        return found

    def member(self, name: str) -> Value | None:
        """A member of the class or of its bases."""
        for klass in self.lineage():
            if name in klass.members:
                return klass.members[name]
        return None

    def base_names(self) -> set[str]:
        """Dotted names of the libraries' bases."""
        return {b.name for k in self.lineage() for b in k.bases if b.kind == "name"}

    @property
    def is_nnx_module(self) -> bool:
        """Whether it derives from nnx.Module."""
        return any(n.startswith("flax.nnx.") for n in self.base_names())

    @property
    def is_linen_module(self) -> bool:
        """Whether it derives from flax.linen.Module."""
        return "flax.linen.Module" in self.base_names()

    @property
    def is_plain(self) -> bool:
        """Whether no base and no decorator can make it a pytree."""
        known = all(
            b.klass is not None or b.name in {"builtins.object", "abc.ABC"}
            for k in self.lineage()
            for b in k.bases
        )
        decorators = [d for k in self.lineage() for d in k.decorators]
        harmless = all(d.name.startswith("dataclasses.") for d in decorators)
        return known and harmless and not any(k.is_registered for k in self.lineage())


def static(const: Any = MISSING, **more: Any) -> Value:
    """Make a Python scalar."""
    return Value("static", const=const, **more)


def is_a_flag(value: Value) -> bool:
    """Whether it is True, False or the outcome of a comparison."""
    return isinstance(value.const, bool) or value.dtype == "bool"


def named(dotted: str) -> Value:
    """Make a library's object."""
    return Value("name", name=dotted)


def leaves(value: Value, depth: int = 0) -> list[Value]:
    """The values in a display of lists, tuples and dicts."""
    if depth > 6:
        return [value]
    parts = value.items if value.items is not None else None
    if parts is None and value.entries is not None:
        parts = [*value.entries.values()]
    if parts is None:
        return [value]
    return [leaf for part in parts for leaf in leaves(part, depth + 1)]


def traced_of(*values: Value) -> int:
    """The strongest tracing among values and what they hold."""
    level = 0
    for value in values:
        level = max(level, value.traced)
        if value.items is not None or value.entries is not None:
            level = max([level, *(leaf.traced for leaf in leaves(value))])
    return level
