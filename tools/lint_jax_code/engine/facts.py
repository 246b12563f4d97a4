"""What one look over the whole tree says, before anything is interpreted."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from jax_workbench.tools.lint_jax_code.engine.well_known import BUILTINS

type Callers = list[tuple[int, frozenset[str], bool]]
"""Of each call: positional arguments, keywords, whether anything is starred."""


HARMLESS = frozenset(
    ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "is_deleted", "delete", "sharding")
)


@dataclass
class Facts:
    """Flow-insensitive facts about a file."""

    calls: dict[str, Callers] = field(default_factory=dict[str, Callers])
    """Of the calls of each name (or of a method of that name)."""
    aliases: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Names that were assigned from an expression that mentions a name: `g = jit(f)`."""
    bound: set[str] = field(default_factory=set[str])
    read: dict[str, ast.Name] = field(default_factory=dict[str, ast.Name])
    """First place where each name is read."""
    shape_reads: set[ast.AST] = field(default_factory=set[ast.AST])
    """Objects of which only the shape, dtype or state is asked."""
    strings: set[str] = field(default_factory=set[str])
    attributes: set[str] = field(default_factory=set[str])
    has_star_import: bool = False
    has_future_annotations: bool = False
    has_exec: bool = False
    imports: set[str] = field(default_factory=set[str])

    def callers(self, name: str) -> Callers:
        """Calls of a function, also under the names that it was wrapped as."""
        names = {name} | self.aliases.get(name, set())
        return [call for alias in names for call in self.calls.get(alias, [])]

    def passes(self, name: str, parameter: str, position: int) -> bool:
        """Whether some call gives that parameter; unknown calls (with `*`) do."""
        return any(
            n_positional > position or parameter in keywords or starred
            for n_positional, keywords, starred in self.callers(name)
        )

    @cached_property
    def enables_x64(self) -> bool:
        """Whether the file mentions the switch to 64 bits."""
        return bool(
            {"jax_enable_x64", "JAX_ENABLE_X64"} & self.strings
            or {"enable_x64", "jax_enable_x64"} & (self.attributes | self.bound)
        )

    def mentions(self, *names: str) -> bool:
        """Whether any of these names or attributes occurs."""
        return any(n in self.attributes or n in self.read or n in self.bound for n in names)

    def undefined(self) -> list[ast.Name]:
        """First reads of names that nothing in the file binds."""
        if self.has_star_import or self.has_exec:
            return []
        return [
            node
            for name, node in self.read.items()
            if name not in self.bound and name not in BUILTINS
        ]


def facts_of(tree: ast.Module) -> Facts:
    """Look over the tree once."""
    facts = Facts()
    for node in _every_node(tree):
        match node:
            case ast.Name():
                _name(facts, node)
            case ast.Attribute():
                facts.attributes.add(node.attr)
                if node.attr in HARMLESS:
                    facts.shape_reads.add(node.value)
            case ast.Constant(value=str(text)):
                facts.strings.add(text)
            case ast.Call():
                _call(facts, node)
            case ast.Assign(targets=[target], value=ast.Call() as value):
                _alias(facts, target, value)
            case _:
                _binding(facts, node)
    return facts


def _every_node(tree: ast.Module) -> Iterator[ast.AST]:
    """What `ast.walk` gives, at half its time."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                nodes.append(value)
            elif isinstance(value, list):
                parts = cast("list[object]", value)
                nodes.extend(part for part in parts if isinstance(part, ast.AST))


def _name(facts: Facts, node: ast.Name) -> None:
    if not isinstance(node.ctx, ast.Load):
        facts.bound.add(node.id)
        return
    first = facts.read.get(node.id)
    if first is None or (node.lineno, node.col_offset) < (first.lineno, first.col_offset):
        facts.read[node.id] = node
    if node.id in {"exec", "globals", "locals", "vars"}:
        facts.has_exec = True


def _call(facts: Facts, node: ast.Call) -> None:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            keywords = frozenset(k.arg for k in node.keywords if k.arg)
            starred = len(keywords) < len(node.keywords) or any(
                isinstance(a, ast.Starred) for a in node.args
            )
            facts.calls.setdefault(name, []).append((len(node.args), keywords, starred))
        case _:
            pass


def _alias(facts: Facts, target: ast.expr, value: ast.Call) -> None:
    match target:
        case ast.Name(id=alias) | ast.Attribute(attr=alias):
            for argument in value.args[:1]:
                for part in ast.walk(argument):
                    if isinstance(part, ast.Name):
                        facts.aliases.setdefault(part.id, set()).add(alias)
                    elif isinstance(part, ast.Attribute):
                        facts.aliases.setdefault(part.attr, set()).add(alias)
        case _:
            pass


def _binding(facts: Facts, node: ast.AST) -> None:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            facts.bound.add(name)
        case ast.arg(arg=name):
            facts.bound.add(name)
        case ast.Import(names=names):
            for alias in names:
                facts.imports.add(alias.name)
                facts.bound.add((alias.asname or alias.name).partition(".")[0])
        case ast.ImportFrom(names=names):
            facts.imports.add(node.module or "")
            facts.has_future_annotations |= node.module == "__future__"
            for alias in names:
                facts.imports.add(f"{node.module}.{alias.name}")
                facts.has_star_import |= alias.name == "*"
                facts.bound.add(alias.asname or alias.name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            facts.bound.add(name)
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            facts.bound.add(name)
        case ast.TypeVar(name=name) | ast.ParamSpec(name=name) | ast.TypeVarTuple(name=name):
            facts.bound.add(name)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            facts.bound.update(names)
        case _:
            pass
