"""One file under analysis: drives the interpretation, sends events to the rules, keeps findings."""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from jax_workbench.tools.lint_jax_code.engine import expressions, statements
from jax_workbench.tools.lint_jax_code.engine.events import Call, Event, ModuleEnd, Use
from jax_workbench.tools.lint_jax_code.engine.facts import facts_of
from jax_workbench.tools.lint_jax_code.engine.frames import Frame, Guards, State, joined_names
from jax_workbench.tools.lint_jax_code.engine.remainder import analyse_the_rest
from jax_workbench.tools.lint_jax_code.engine.rule import Check, Found, Rule
from jax_workbench.tools.lint_jax_code.engine.values import Function, Klass, Transform, Value
from jax_workbench.tools.lint_jax_code.source import Source

MAX_STEPS = 250_000
"""Expressions and statements evaluated in one file: some seconds; no module of jax needs half."""


class Analysis:
    """The state of one run over one file."""

    def __init__(self, source: Source, rules: Sequence[Rule], profile: str = "file") -> None:
        """Prepare; `run` does the work."""
        self.source = source
        self.profile = profile
        self.facts = facts_of(source.tree)
        self.found: dict[tuple[str, int, int], tuple[Rule, Found]] = {}
        self.consumed: dict[int, Use] = {}
        self.donated: dict[int, ast.AST] = {}
        self.present: frozenset[int] = frozenset()
        """Serials of the values that are known not to be None here."""
        self.present_at: dict[ast.AST, frozenset[int]] = {}
        """The same, where each function was defined."""
        self.calling: list[ast.AST] = []
        self.functions: list[Function] = []
        self.classes: list[Klass] = []
        self.transforms: list[Transform] = []
        self.analysed: dict[ast.AST, int] = {}
        """Strongest staging under which each function's body was walked."""
        self.walks: dict[ast.AST, int] = {}
        self.instances: dict[Klass, dict[str, Value]] = {}
        self.called_in_loop: set[ast.AST] = set()
        self.guard_depth = 0
        self.guarding: dict[Guards, bool] = {}
        """Of conditions around some code: whether they ask if values are concrete."""
        self.dumped: dict[ast.expr, str] = {}
        self.notebook_ends = _notebook_ends(source)
        self.scratch: dict[str, Any] = {}
        """What a rule keeps while it listens to one file, by its code."""
        self.steps_left = MAX_STEPS
        self.is_too_deep = False
        """Whether some function or statement was left out, as it is nested too deeply."""
        self.rules = rules
        # The checker meets this class under two paths, and takes them for two classes.
        self.myself: Any = self
        self.listeners: dict[type[Event], list[tuple[Rule, Check]]] = {}
        self.listening: dict[tuple[type[Event], str, str], list[tuple[Rule, Check]]] = {}
        """Of the listeners to calls, those that look at calls of that name and method."""
        for rule in rules:
            if not _may_speak(rule, source.text):
                continue
            for kind, check in rule.checks:
                self.listeners.setdefault(kind, []).append((rule, check))

    def run(self) -> list[tuple[Rule, Found]]:
        """Walk the file; the findings in the order of their places."""
        frame = Frame()
        self.execute(frame, self.source.tree.body)
        analyse_the_rest(self.myself)
        self.emit(ModuleEnd(self.myself, frame, self.source.tree))
        return [self.found[key] for key in sorted(self.found, key=lambda k: (k[1], k[2], k[0]))]

    def listens(self, kind: type[Event]) -> bool:
        """Whether any rule wants to know."""
        return kind in self.listeners

    def emit(self, event: Event) -> None:
        """Tell the rules; keep what they find."""
        is_call = isinstance(event, Call)
        listening = self._of_call(event) if is_call else self.listeners.get(type(event), ())
        for rule, check in listening:
            try:
                for finding in check(event):
                    start, end = self.span(finding)
                    self.found.setdefault((rule.code, start, end), (rule, finding))
            except RecursionError:
                continue  # an expression too deep for this rule; the others still look

    def _of_call(self, event: Call) -> Sequence[tuple[Rule, Check]]:
        """The rules that look at calls of that name and method."""
        key = (type(event), event.name, event.method)
        found = self.listening.get(key)
        if found is None:
            found = self.listening[key] = [
                (rule, check)
                for rule, check in self.listeners.get(type(event), ())
                if rule.looks_at(event.name, event.method)
            ]
        return found

    def span(self, finding: Found) -> tuple[int, int]:
        """Offsets of a finding."""
        return finding.at if isinstance(finding.at, tuple) else self.source.span(finding.at)

    def text(self, node: ast.AST) -> str:
        """The code of a node as it is written."""
        return self.source.segment(node)

    def dump(self, node: ast.expr) -> str:
        """The tree of a condition as text; it is asked for again at each walk of its function."""
        text = self.dumped.get(node)
        if text is None:
            text = self.dumped[node] = ast.dump(node)
        return text

    def line(self, node: ast.AST) -> int:
        """The 1-based line of a node."""
        return getattr(node, "lineno", 1)

    def evaluate(self, frame: Frame, node: ast.expr) -> Value:
        """The abstract value of an expression."""
        self.steps_left -= 1
        if self.steps_left < 0:
            return Value()
        evaluator = expressions.EVALUATORS.get(type(node))
        return evaluator(self.myself, frame, node) if evaluator else Value()

    def execute(self, frame: Frame, body: Iterable[ast.stmt]) -> bool:
        """Run statements; whether control never leaves at their end."""
        for statement in body:
            self.steps_left -= 1
            if self.steps_left < 0:
                return False
            executor = statements.EXECUTORS.get(type(statement))
            if executor is None:
                continue
            try:
                if executor(self.myself, frame, statement):
                    return True
            except RecursionError:
                if len(self.calling) > 0:
                    raise
                self.is_too_deep = True
        return False

    def state(self, frame: Frame) -> State:
        """A copy of what holds now."""
        return State(dict(frame.names), dict(self.consumed), dict(self.donated), self.present)

    def restore(self, frame: Frame, state: State) -> None:
        """Go back to what held."""
        frame.names = dict(state.names)
        self.consumed = dict(state.consumed)
        self.donated = dict(state.donated)
        self.present = state.present

    def join(self, frame: Frame, ends: list[State]) -> None:
        """Continue from whichever of these states."""
        if not ends:
            return
        names, consumed, donated = ends[0].names, ends[0].consumed, ends[0].donated
        for other in ends[1:]:
            names = joined_names(names, other.names)
            consumed = other.consumed | consumed
            donated = donated | other.donated
        frame.names, self.consumed, self.donated = names, consumed, donated
        self.present = frozenset.intersection(*(end.present for end in ends))

    def is_last_of_cell(self, node: ast.stmt) -> bool:
        """Whether a statement's value is shown: the end of a notebook cell or doctest."""
        return node in self.notebook_ends


WORDS = {
    "NNX": ("nnx", "flax"),
    "FLX": ("linen", "flax"),
    "OPX": ("optax",),
    "ORB": ("orbax", "ocp"),
    "NPR": ("numpyro",),
}
"""Of the families of rules about one library: what a text that uses it has in it."""


def _may_speak(rule: Rule, text: str) -> bool:
    """Whether a text uses the library that a rule is about; asked once, not at every event."""
    words = WORDS.get(rule.code[:3])
    return words is None or any(word in text for word in words)


def _notebook_ends(source: Source) -> set[ast.AST]:
    """Last statements of cells (`# %%`, `# In[3]:`) and of text with prompts."""
    if source.clean == source.text and "# %%" not in source.text and "# In[" not in source.text:
        return set()
    body = source.tree.body
    marks = [
        n
        for n in range(1, len(source.lines.starts) + 1)
        if source.lines.row(n).lstrip().startswith(("# %%", "# In["))
    ]
    ends: set[ast.AST] = set(body[-1:])
    for mark in marks:
        before = [node for node in body if node.lineno < mark]
        ends.update(before[-1:])
    if ">>>" in source.text:
        ends.update(body)
    return ends
