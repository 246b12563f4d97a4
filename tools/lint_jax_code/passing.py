"""Which places of the text a run passed, and whether anything was raised there. Runs in the worker.

A place has been passed where every instruction that belongs to it was executed. Nothing else of the
text is watched but the first execution of each line, so that loops run at their usual speed.
"""

import ast
import dis
import inspect
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType

import jax.numpy as jnp
from jax.core import Tracer

from jax_workbench.tools.lint_jax_code.observing import NAME
from jax_workbench.tools.lint_jax_code.source import Source

MONITORING = sys.monitoring
TOOL = 4
"""Of the identifiers for tools of `sys.monitoring`, one that nobody has by convention."""
STAGED = "DynamicJaxprTracer"


@dataclass
class Place:
    """A span of the text, in offsets, and what the run did there."""

    start: int
    end: int
    code: CodeType | None = None
    wanted: frozenset[int] = frozenset()
    """Offsets of its instructions."""
    done: set[int] = field(default_factory=set[int])
    done_staged: set[int] = field(default_factory=set[int])
    done_mapped: bool = False
    """Whether values there belonged to a transformation that is no staging."""
    n_passed: int = 0
    n_in_a_row: int = 0
    """Times in one activation of its function, the most of all."""
    is_staged: bool = False
    raised: bool = False

    def is_passed(self) -> bool:
        """Whether all of it ran, and nothing was raised."""
        return bool(self.wanted) and self.wanted <= self.done and not self.raised

    def is_passed_staged(self) -> bool:
        """The same, where operations of JAX were being recorded instead of executed."""
        return self.is_passed() and self.wanted <= self.done_staged

    def is_with(self, other: "Place") -> bool:
        """Whether both stand in one function, or on the level of the module."""
        is_module = {self.name, other.name} == {"<module>"}
        return self.code is other.code or is_module

    @property
    def name(self) -> str:
        """Of the function."""
        return self.code.co_name if self.code is not None else ""


class Passes:
    """The places that are watched, and the lines that were reached."""

    def __init__(self, source: Source) -> None:
        """Nothing is watched yet."""
        self.source = source
        self.places: list[Place] = []
        self.reached: set[int] = set()
        self._by_code: dict[CodeType, list[Place]] = {}
        self._in_a_row: dict[int, int] = {}

    def place(self, start: int, end: int) -> Place:
        """Watch a span; with the call that it is an argument of, as that is what refuses it."""
        made = Place(*self._with_its_call(start, end))
        self.places.append(made)
        return made

    def _with_its_call(self, start: int, end: int) -> tuple[int, int]:
        calls = [
            self._span(node)
            for node in ast.walk(self.source.tree)
            if isinstance(node, ast.Call)
            and any(self._span(a) == (start, end) for a in arguments_of(node))
        ]
        return min(calls, key=lambda span: span[1] - span[0], default=(start, end))

    def _span(self, node: ast.expr) -> tuple[int, int]:
        lines = self.source.lines
        end_line, end_column = node.end_lineno, node.end_col_offset
        start = lines.offset(node.lineno, node.col_offset)
        return start, start if end_line is None else lines.offset(end_line, end_column or 0)

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch what is executed inside, of the code that `watch` was told of."""
        events = MONITORING.events
        MONITORING.use_tool_id(TOOL, "lint_jax_code")
        MONITORING.register_callback(TOOL, events.LINE, self._at_line)
        MONITORING.register_callback(TOOL, events.INSTRUCTION, self._at_instruction)
        MONITORING.register_callback(TOOL, events.PY_START, self._at_start)
        MONITORING.register_callback(TOOL, events.RAISE, self._at_raise)
        MONITORING.set_events(TOOL, events.RAISE)
        try:
            yield
        finally:
            MONITORING.set_events(TOOL, 0)
            for code in self._by_code:
                MONITORING.set_local_events(TOOL, code, 0)
            MONITORING.free_tool_id(TOOL)

    def watch(self, outer: CodeType) -> None:
        """Watch a piece of the text that is about to be executed."""
        events = MONITORING.events
        for code in codes_in(outer):
            mine = self._by_code[code] = [p for p in self.places if self._is_in(p, code)]
            inside = events.INSTRUCTION | events.PY_START if mine else 0
            MONITORING.set_local_events(TOOL, code, events.LINE | inside)

    def _is_in(self, place: Place, code: CodeType) -> bool:
        """Whether the outermost code that has instructions of the place is this one."""
        if place.code is None and (wanted := frozenset(self._instructions(place, code))):
            place.code, place.wanted = code, wanted
        return place.code is code

    def _instructions(self, place: Place, code: CodeType) -> Iterator[int]:
        lines = self.source.lines
        follows_extension = False
        for instruction in dis.get_instructions(code):
            at = instruction.positions
            is_extension = instruction.opname == "EXTENDED_ARG"
            # An instruction with an extension counts as part of it, and has no event of its own.
            is_own = not is_extension and not follows_extension
            follows_extension = is_extension
            if at is None or at.lineno is None or at.end_lineno is None or not is_own:
                continue
            start = lines.offset(at.lineno, at.col_offset or 0)
            end = lines.offset(at.end_lineno, at.end_col_offset or 0)
            if place.start <= start < end <= place.end:
                yield instruction.offset

    def _at_line(self, code: CodeType, line: int) -> object:
        self.reached.add(line)
        # To disable it would disable the event of the line's first instruction too.
        return None if self._by_code.get(code) else MONITORING.DISABLE

    def _at_start(self, code: CodeType, _offset: int) -> None:
        for place in self._by_code.get(code, ()):
            self._in_a_row[id(place)] = 0

    def _at_instruction(self, code: CodeType, offset: int) -> object:
        is_needed = False
        for place in self._by_code.get(code, ()):
            if offset not in place.wanted:
                continue
            is_needed = True
            if offset == min(place.wanted):
                self._enter(place, caller_of(inspect.currentframe()))
            place.done.add(offset)
            if place.is_staged:
                place.done_staged.add(offset)
        return None if is_needed else MONITORING.DISABLE

    def _enter(self, place: Place, frame: FrameType | None) -> None:
        place.n_passed += 1
        times = self._in_a_row.get(id(place), 0) + 1
        self._in_a_row[id(place)] = times
        place.n_in_a_row = max(place.n_in_a_row, times)
        # JAX records operations on constants too where it stages, and executes them elsewhere.
        place.is_staged = isinstance(jnp.add(0.0, 0.0), Tracer)
        values: list[object] = [*frame.f_locals.values()] if frame is not None else []
        kinds = {type(v).__name__ for v in values if isinstance(v, Tracer)}  # pyright: ignore[reportUnknownArgumentType]
        place.done_mapped |= bool(kinds - {STAGED})

    def _at_raise(self, code: CodeType, offset: int, _error: BaseException) -> None:
        for place in self._by_code.get(code, ()):
            place.raised |= offset in place.wanted


def caller_of(frame: FrameType | None) -> FrameType | None:
    """The frame below, whose instruction is the event."""
    return frame.f_back if frame is not None else None


def arguments_of(call: ast.Call) -> Iterator[ast.expr]:
    """What a call is given."""
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A piece of code and those inside it, the outer ones first."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and constant.co_filename == NAME:
            yield from codes_in(constant)
