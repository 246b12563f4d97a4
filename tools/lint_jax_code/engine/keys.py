"""Random keys: what consumes them, and what was consumed before."""

import ast
from typing import TYPE_CHECKING, Any

from jax_workbench.tools.lint_jax_code.engine.canonical import KEY_TYPES, SAMPLERS
from jax_workbench.tools.lint_jax_code.engine.events import Call, Consume, Step, Use
from jax_workbench.tools.lint_jax_code.engine.frames import Frame
from jax_workbench.tools.lint_jax_code.engine.operators import level_of
from jax_workbench.tools.lint_jax_code.engine.values import Value

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis

NEVER_KEYS = frozenset(("static", "shape", "list", "tuple", "dict", "set", "function", "name"))
PASSED = "passed"
ATTRIBUTE, FOLDED = "attribute", "folded"
"""How a key came to where it is used."""
FOLD_IN = "jax.random.fold_in"
SHAPE_PLACES = {
    **dict.fromkeys(("normal", "uniform", "randint", "exponential", "gumbel", "laplace"), 1),
    "bernoulli": 2,
}
"""Where samplers take the shape of what they draw."""
INTEGERS = frozenset(
    ["randint", "binomial", "poisson", "categorical", "bits", "geometric", "rademacher"]
)


def origin(key: Value) -> Value:
    """The value that a caller passed, where it was handed on unchanged."""
    while key.op == PASSED and key.parent is not None:
        key = key.parent
    return key


def handed_on(key: Value, node: ast.AST, way: str) -> Value:
    """The same key, with the place where it was read off an object or derived once more."""
    return Value(key.kind, op=PASSED, parent=key, name=way, node=node)


def consume(lint: "Analysis", frame: Frame, key: Value, node: ast.AST, by: str) -> None:
    """Note that a key is used up; the place is the outermost one where both uses can be told."""
    way, read = key.name, key.node
    key = origin(key)
    if key.kind in NEVER_KEYS:
        return
    made_at, frames = age(key), [frame]
    steps = [Step(node, frame.root.entered, frame.guards)]
    scope = frame.root
    while scope.call is not None and scope.caller is not None and made_at < scope.entered:
        frame = scope.caller
        scope = frame.root
        frames.append(frame)
        steps.append(Step(frames[-2].root.call or node, scope.entered, frame.guards))
    frames.reverse()
    use = Use(node, by, tuple(reversed(steps)), read if way == FOLDED else None)
    earlier = _earlier(lint, key)
    level, repeats = _parting(earlier, use) if earlier is not None else (0, False)
    if way == ATTRIBUTE and earlier is not None and earlier.node is node:
        level, repeats = _in_method(frames, level, len(earlier.path)), True
    step = use.path[level]
    if earlier is not None:
        first = earlier.path[level]
        if _exclude_each_other(first.guards, step.guards):
            earlier = None
        else:
            earlier = Use(first.node, earlier.by, earlier.path, earlier.read)
    place = step.node
    before = earlier.read if earlier is not None else None
    if before is not None and use.read is not None and before is not use.read:
        earlier, place, by = Use(before, FOLD_IN, ()), use.read, FOLD_IN
    lint.emit(Consume(lint, frames[level], place, key, by, earlier, repeats))
    lint.consumed[key.serial] = use


def _in_method(frames: list[Frame], level: int, n_levels: int) -> int:
    """The depth of the method that reads the key off its object: the call shows none of it."""
    below = range(level + 1, min(len(frames), n_levels))
    is_method = [f.root.function is not None and f.root.function.klass is not None for f in frames]
    return next((n for n in reversed(below) if is_method[n]), level)


def _parting(one: Use, other: Use) -> tuple[int, bool]:
    """The depth at which two uses lie in different calls, and whether none of them does."""
    deepest = min(len(one.path), len(other.path)) - 1
    for level in range(deepest + 1):
        if one.path[level].node is not other.path[level].node:
            return level, False
        below = level + 1
        if level == deepest or one.path[below].entered != other.path[below].entered:
            return level, True
    return deepest, True


def whole(key: Value) -> Value:
    """The key or the array of keys that a part was taken of."""
    while key.op == "part" and key.parent is not None:
        key = origin(key.parent)
    return key


def age(key: Value) -> int:
    """Parts of a key are made when they are asked for: they are as old as the whole."""
    return whole(key).serial


def _earlier(lint: "Analysis", key: Value) -> Use | None:
    use = lint.consumed.get(key.serial)
    if use is not None:
        return use
    if key.op == "part" and key.parent is not None and key.parent.kind == "keys":
        return lint.consumed.get(key.parent.serial)
    if key.kind == "keys":
        for label, part in key.derived.items():
            if not isinstance(label, tuple) and part.serial in lint.consumed:
                return lint.consumed[part.serial]
    return None


def _exclude_each_other(
    one: tuple[tuple[str, bool], ...], other: tuple[tuple[str, bool], ...]
) -> bool:
    """Whether two places lie in opposite arms of the same question."""
    taken = dict(one)
    return any(text in taken and taken[text] is not sense for text, sense in other) or any(
        _is_other_case(a, b) for a, _ in one for b, _ in other
    )


def _is_other_case(one: str, other: str) -> bool:
    subject, mark, case = one.rpartition("#")
    other_subject, other_mark, other_case = other.rpartition("#")
    return bool(mark and other_mark) and subject == other_subject and case != other_case


def random_call(lint: "Analysis", frame: Frame, event: Call) -> Value:
    """What a function of jax.random gives."""
    name = event.name.rpartition(".")[2]
    if name in KEY_TYPES:
        return Value("key", op=event.name, args=tuple(event.args), node=event.node)
    key = event.argument(0, "key")
    if name == "split":
        if key is not None:
            consume(lint, frame, key, event.node, event.name)
        return Value(
            "keys", op="split", node=event.node, args=tuple(event.args), kwargs=event.kwargs
        )
    if name == "fold_in" and key is not None:
        return _folded(event, origin(key))
    if name == "clone":
        return Value("key", op="clone", node=event.node)
    if name in SAMPLERS:
        if key is not None:
            consume(lint, frame, key, event.node, event.name)
        dtype = "int32" if name in INTEGERS else "float32"
        if name in {"choice", "permutation"}:
            drawn_from = event.argument(1, "a" if name == "choice" else "x")
            dtype = drawn_from.dtype if drawn_from is not None else ""
        return Value(
            "array",
            traced=level_of(frame, *event.args, *event.kwargs.values()),
            op=event.name,
            args=tuple(event.args),
            dtype=dtype,
            shape=_drawn_shape(event, name),
            node=event.node,
        )
    return Value("array", traced=level_of(frame, *event.args), op=event.name, node=event.node)


def _drawn_shape(event: Call, name: str) -> tuple[int | None, ...] | None:
    place = SHAPE_PLACES.get(name)
    if place is None:
        return None
    asked = event.argument(place, "shape")
    return () if asked is None and place == 1 else literal_shape(asked)


def _folded(event: Call, key: Value) -> Value:
    number = event.argument(1, "data")
    label: Any = None
    if number is not None and isinstance(number.const, int):
        label = ("fold_in", number.const)
    if label is None:
        return Value("key", op="fold_in", node=event.node)
    if label not in key.derived:
        key.derived[label] = Value("key", op="fold_in", node=event.node)
    return handed_on(key.derived[label], event.node, FOLDED)


def literal_shape(value: Value | None) -> tuple[int | None, ...] | None:
    """A shape that is written as a number or as a tuple of numbers."""
    if value is None:
        return None
    if isinstance(value.const, int) and not isinstance(value.const, bool):
        return (value.const,)
    if value.kind in {"tuple", "list"} and value.items is not None:
        return tuple(i.const if isinstance(i.const, int) else None for i in value.items)
    return None
