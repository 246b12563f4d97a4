"""What a rule is, and what it finds."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from jax_workbench.tools.lint_jax_code.engine.events import Event

type Severity = Literal["error", "warning", "info"]
type Applicability = Literal["safe", "unsafe", "display"]
type Probe = Literal["trace", "key_reuse", "leak", "compiles", "gradient", "run", "none"]
type Place = ast.AST | tuple[int, int]
"""A node, or a start and an end offset."""


@dataclass(frozen=True)
class Edit:
    """Replace the text between two offsets."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Fix:
    """How to mend a finding."""

    applicability: Applicability
    title: str
    edits: tuple[Edit, ...] = ()
    imports: tuple[str, ...] = ()
    """Import statements that the edits need."""


@dataclass(frozen=True)
class Found:
    """One finding of a rule, by its place in the tree."""

    at: Place
    message: str
    related: tuple[tuple[ast.AST, str], ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None


type Check = Callable[[Any], Iterable[Found]]


@dataclass(frozen=True)
class Rule:
    """One rule: what it is called, and what it does at which events."""

    code: str
    name: str
    severity: Severity
    checks: tuple[tuple[type[Event], Check], ...]
    confirm: Probe = "none"
    calls: tuple[str, ...] = ()
    """Beginnings of the names of calls that it looks at, `.word` for methods; empty: all."""
    instead_of: tuple[str, ...] = ()
    """Codes of less specific rules that say nothing where this one has spoken."""
    page: str = field(default="", compare=False)

    def looks_at(self, name: str, method: str) -> bool:
        """Whether a call of that canonical name, or of that method, is one that it looks at."""
        return not self.calls or name.startswith(self._names) or f".{method}" in self.calls

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(word for word in self.calls if not word.startswith("."))

    @property
    def headline(self) -> str:
        """The rule in one sentence."""
        return self.page.partition("\n")[0].strip()

    @property
    def why(self) -> str:
        """Why it is bad, from its page."""
        _, _, rest = self.page.partition("## Why is this bad?\n")
        return " ".join(rest.partition("\n## ")[0].split())
