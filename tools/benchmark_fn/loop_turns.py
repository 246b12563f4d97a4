"""How often a loop turns, where no data decide it. Runs in the timer."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from jax_workbench.tools.benchmark_fn.program_ir import (
    argument_number,
    callee,
    element_type,
    entry,
    is_argument,
    is_scalar_integer,
    kind_of,
    maker,
    operations_of,
    splat_integer,
)

MAX_SIMULATED_TURNS = 5_000
MAX_DEPTH = 100

type Numbers = Mapping[Any, int]
"""Scalar integers behind values, by value."""

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
    "EQ": operator.eq,
    "NE": operator.ne,
}
UNARY: dict[str, Callable[[int], int]] = {
    "negate": operator.neg,
    "abs": abs,
    "sign": lambda a: (a > 0) - (a < 0),
}
PASSES = {"convert", "reshape", "broadcast_in_dim"}
"""Of one number, they make the same number."""
MIRRORED = {"LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}


def quotient(a: int, b: int) -> int | None:
    """Integer division as XLA rounds it: toward zero."""
    return None if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def remainder(a: int, b: int) -> int | None:
    """What that division leaves; it has the sign of `a`."""
    return None if b == 0 else abs(a) % abs(b) * (-1 if a < 0 else 1)


BINARY: dict[str, Callable[[int, int], int | None]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": quotient,
    "remainder": remainder,
    "maximum": max,
    "minimum": min,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
}


class Evaluation:
    """Values of scalar integers, as far as they follow from known ones."""

    def __init__(self, functions: Mapping[str, Any], known: Numbers) -> None:
        """Start from known values."""
        self.functions = functions
        self.known = dict(known)
        self.asked: set[Any] = set()
        """Arguments whose values were needed."""

    def number(self, value: Any, depth: int = 0) -> int | None:
        """The integer behind a value, or None where there is none or data decide it."""
        if value in self.known:
            self.asked.add(value)
            return self.known[value]
        if is_argument(value):
            self.asked.add(value)
            return None
        if depth > MAX_DEPTH or not is_scalar_integer(value):
            return None
        found = self.made(value, depth + 1)
        if found is not None:
            found = wrapped(found, element_type(value))
            self.known[value] = found
        return found

    def made(self, value: Any, depth: int) -> int | None:
        """The integer that an operation makes of known ones."""
        op = maker(value)
        kind = kind_of(op)
        if kind == "constant":
            return splat_integer(op)
        if kind == "call":
            return self.called(op, value, depth)
        if kind not in {*PASSES, "compare", "select", "not", *UNARY, *BINARY}:
            return None
        numbers = [self.number(operand, depth) for operand in op.operands]
        if None in numbers:
            return None
        return computed(op, kind, [n for n in numbers if n is not None])

    def called(self, op: Any, value: Any, depth: int) -> int | None:
        """The integer that a function of the program returns."""
        block = entry(self.functions[callee(op)])
        known = {
            argument: number
            for argument, operand in zip(block.arguments, op.operands, strict=True)
            if (number := self.number(operand, depth)) is not None
        }
        inner = Evaluation(self.functions, known)
        returned = operations_of(block)[-1].operands
        at = next(i for i, result in enumerate(op.results) if result == value)
        return inner.number(returned[at], depth)


def computed(op: Any, kind: str, numbers: list[int]) -> int | None:
    """Result of an operation on integers."""
    if kind in PASSES:
        # A number becomes a truth value by being other than zero.
        return int(bool(numbers[0])) if element_type(op.results[0]) == "i1" else numbers[0]
    if kind == "not":
        is_truth = element_type(op.results[0]) == "i1"
        return int(not numbers[0]) if is_truth else ~numbers[0]
    if kind in UNARY:
        return UNARY[kind](numbers[0])
    if kind == "select":
        return numbers[1] if numbers[0] else numbers[2]
    if kind == "compare":
        return int(COMPARISONS[direction(op)](*numbers))
    return BINARY[kind](*numbers)


def direction(compare: Any) -> str:
    """LT, LE, GT, GE, EQ or NE."""
    found = re.search(r"\b(LT|LE|GT|GE|EQ|NE)\b", str(compare.attributes["comparison_direction"]))
    return found.group() if found else ""


def wrapped(number: int, kind: str) -> int:
    """An integer as its type of so many bits holds it; truth values are 0 and 1."""
    n_bits = int(re.sub(r"\D", "", kind) or 64)
    low = number % (1 << n_bits)
    is_signed = n_bits > 1 and not kind.startswith("u")
    return low - (1 << n_bits) if is_signed and low >> (n_bits - 1) else low


def turns(loop: Any, functions: Mapping[str, Any], numbers: Numbers) -> int | None:
    """Turns of a `while`, from the integers known before it; None where the data decide."""
    test, body = (region.blocks[0] for region in loop.regions)
    test_out, body_out = (operations_of(block)[-1].operands for block in (test, body))
    known = dict(numbers)
    for i, operand in enumerate(loop.operands):
        if argument_number(body_out[i]) == i and body_out[i] in list(body.arguments):
            number = Evaluation(functions, numbers).number(operand)
            if number is not None:
                known[test.arguments[i]] = known[body.arguments[i]] = number
    counted = by_counter(loop, functions, known, test_out[0])
    return by_simulation(loop, functions, known) if counted is None else counted


def by_counter(loop: Any, functions: Mapping[str, Any], known: Numbers, test: Any) -> int | None:
    """Turns of a loop that compares a counter with a bound, by division."""
    compare = maker(test)
    if compare is None or kind_of(compare) != "compare":
        return None
    way, (left, right) = direction(compare), compare.operands
    if argument_number(left) is None or left in known:
        way, left, right = MIRRORED.get(way, way), right, left
    k = argument_number(left)
    if k is None or way not in MIRRORED:
        return None
    body = loop.regions[1].blocks[0]
    outside = Evaluation(functions, known)
    step = counter_step(operations_of(body)[-1].operands[k], body.arguments[k], outside)
    low, high = outside.number(loop.operands[k]), outside.number(right)
    if low is None or high is None or not step:
        return None
    if way in {"GT", "GE"}:
        low, high, step = -low, -high, -step
    high += way in {"LE", "GE"}
    if low >= high:
        return 0
    # A counter that moves away from its bound ends by overflow, if ever.
    return None if step < 0 else -(-(high - low) // step)


def counter_step(value: Any, counter: Any, outside: Evaluation) -> int | None:
    """By how much a turn moves a counter; None where it does something else with it."""
    op = maker(value)
    if op is None or kind_of(op) not in {"add", "subtract"}:
        return None
    left, right = op.operands
    if left == counter:
        step = outside.number(right)
        return step if step is None or kind_of(op) == "add" else -step
    return outside.number(left) if right == counter and kind_of(op) == "add" else None


def by_simulation(loop: Any, functions: Mapping[str, Any], known: Numbers) -> int | None:
    """Turns of a loop whose end hangs on integers alone, by doing them; None beyond 5,000."""
    test, body = (region.blocks[0] for region in loop.regions)
    test_out, body_out = (operations_of(block)[-1].operands for block in (test, body))
    state: dict[int, int] = {}
    needed: set[int] = set()
    outside = Evaluation(functions, known)
    for n_turns in range(MAX_SIMULATED_TURNS):
        inside = Evaluation(functions, known_at(known, test, state))
        goes_on = inside.number(test_out[0])
        fresh = {n for v in inside.asked if (n := number_in(v, test)) is not None} - needed
        if fresh and n_turns:
            return None
        if fresh:
            needed = closure(fresh, body, body_out, functions, known)
            started = {i: outside.number(loop.operands[i]) for i in needed}
            state = {i: number for i, number in started.items() if number is not None}
            if len(state) < len(needed):
                return None
            goes_on = Evaluation(functions, known_at(known, test, state)).number(test_out[0])
        if not goes_on:
            return None if goes_on is None else n_turns
        turn = Evaluation(functions, known_at(known, body, state))
        moved = {i: turn.number(body_out[i]) for i in needed}
        state = {i: number for i, number in moved.items() if number is not None}
        if len(state) < len(needed):
            return None
    return None


def known_at(known: Numbers, block: Any, state: Mapping[int, int]) -> dict[Any, int]:
    """Known values, and those that a block's arguments have now."""
    return {**known, **{block.arguments[i]: number for i, number in state.items()}}


def number_in(value: Any, block: Any) -> int | None:
    """Which argument of this block a value is, or None."""
    arguments = list(block.arguments)
    return arguments.index(value) if value in arguments else None


def closure(
    first: set[int], body: Any, body_out: Any, functions: Mapping[str, Any], known: Numbers
) -> set[int]:
    """Carried values that these need, turn after turn."""
    needed, new = set(first), set(first)
    while new:
        seen = Evaluation(functions, known)
        # An unknown stops the evaluation of its operation, so every operand is asked for first.
        for i in new:
            seen.number(body_out[i])
        new = {n for v in seen.asked if (n := number_in(v, body)) is not None} - needed
        needed |= new
    return needed
