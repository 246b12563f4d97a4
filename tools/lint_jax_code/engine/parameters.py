"""What the parameters of a function are when it is entered."""

import ast
from typing import TYPE_CHECKING

from jax_workbench.tools.lint_jax_code.engine import canonical as known
from jax_workbench.tools.lint_jax_code.engine.access import ARRAY_ANNOTATIONS
from jax_workbench.tools.lint_jax_code.engine.keys import PASSED
from jax_workbench.tools.lint_jax_code.engine.records import carried
from jax_workbench.tools.lint_jax_code.engine.values import (
    MAPPED,
    STAGED,
    Function,
    Transform,
    Value,
    is_a_flag,
)

if TYPE_CHECKING:
    from jax_workbench.tools.lint_jax_code.engine.analysis import Analysis
    from jax_workbench.tools.lint_jax_code.engine.frames import Frame

NUMBERS = frozenset(("int", "float", "bool", "complex"))
MAX_DEPTH = 6
STATIC_OPTIONS = (
    ("static_argnames", True),
    ("static_argnums", False),
    ("static_broadcasted_argnums", False),
)
"""Options of jit and pmap, and whether they name the parameters."""


def bound_arguments(
    function: Function, args: list[Value], kwargs: dict[str, Value]
) -> dict[str, Value]:
    """Names and values of the parameters at a call; unknown where nothing is known."""
    spec = function.node.args
    names: dict[str, Value] = {}
    given = [p.arg for p in (*spec.posonlyargs, *spec.args)]
    values = [
        *([function.bound] if function.bound is not None else []),
        *function.partial_args,
        *args,
    ]
    names.update(zip(given, values, strict=False))
    if spec.vararg is not None:
        names[spec.vararg.arg] = Value("tuple", items=values[len(given) :], op=PASSED)
    if function.stand_in is not None and given:
        names[given[0]] = function.stand_in
    by_name = {**function.partial_kwargs, **kwargs}
    known_names = set(function.all_names)
    names |= {name: value for name, value in by_name.items() if name in known_names}
    if spec.kwarg is not None:
        extra = {name: value for name, value in by_name.items() if name not in known_names}
        names[spec.kwarg.arg] = Value("dict", entries={**extra}, op=PASSED)
    rest = [name for name in function.all_names if name not in names]
    return names | {name: function.defaults.get(name) or Value() for name in rest}


def annotation_of(_lint: "Analysis", frame: "Frame", parameter: ast.arg) -> str:
    """Dotted name of an annotation, as far as it is one; may be the text of a name."""
    node = parameter.annotation
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        value, _ = frame.lookup(node.id)
        return value.name if value is not None and value.kind == "name" else node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        # Looked up, not evaluated: under `from __future__ import annotations` nothing is.
        value, _ = frame.lookup(node.value.id)
        return f"{value.name}.{node.attr}" if value is not None and value.name else ""
    return ""


def of_annotation(annotation: str, level: int) -> Value | None:
    """What an annotation proves of a traced parameter."""
    if annotation in ARRAY_ANNOTATIONS:
        return Value("array", traced=level)
    if annotation in NUMBERS:
        return Value("array", traced=level, dtype=annotation, shape=())
    if annotation.startswith("flax.nnx.Optimizer") or annotation == "flax.nnx.Rngs":
        return Value("object", op=annotation)
    if annotation == "str" or "Callable" in annotation:
        return Value()
    return None


def static_names(function: Function, transform: Transform) -> set[str] | None:
    """Parameters that jit keeps concrete; None where the options are not literals."""
    names: set[str] = set()
    parameters = function.parameters
    for option, is_name in STATIC_OPTIONS:
        value = transform.option(option)
        if value is None or (value.has_const and value.const is None):
            continue
        entries = value.items if value.items is not None else [value]
        for entry in entries:
            if not entry.has_const:
                return None
            if is_name:
                names.add(str(entry.const))
            elif isinstance(entry.const, int) and -len(parameters) <= entry.const < len(parameters):
                names.add(parameters[entry.const].arg)
    return names


def positions(value: Value | None, default: tuple[int, ...]) -> tuple[int, ...] | None:
    """An option that is an integer or a tuple of them; None where it is not literal."""
    if value is None:
        return default
    entries = value.items if value.items is not None else [value]
    if not all(isinstance(e.const, int) for e in entries):
        return None
    return tuple(e.const for e in entries)


def handed_in(value: Value, level: int, depth: int = 0) -> Value:
    """What a transformed function sees of an argument: arrays, numbers and trees are traced."""
    match value.kind:
        case "static" | "shape":
            if value.kind == "static" and not (
                value.dtype in NUMBERS or value.is_number or is_a_flag(value)
            ):
                return value
            dtype = value.dtype if value.dtype in NUMBERS else ""
            return Value("array", traced=level, dtype=dtype, shape=(), op=PASSED, parent=value)
        case "array" | "numpy":
            return Value(
                "array",
                traced=max(level, value.traced),
                dtype=value.dtype,
                shape=value.shape,
                op=PASSED,
                parent=value,
            )
        case "pytree" | "unknown" | "arrays":
            kind = "arrays" if value.kind == "arrays" else "pytree"
            return Value(kind, traced=max(level, value.traced), op=PASSED, parent=value)
        case "list" | "tuple" | "dict" if depth < MAX_DEPTH:
            return _container(value, level, depth)
        case "instance" if depth < MAX_DEPTH:
            return carried(value, lambda part: handed_in(part, level, depth + 1))
        case _:
            return value


def _container(value: Value, level: int, depth: int) -> Value:
    if value.items is not None:
        items = [handed_in(item, level, depth + 1) for item in value.items]
        return Value(value.kind, items=items, op=PASSED, parent=value)
    if value.entries is not None:
        entries = {k: handed_in(v, level, depth + 1) for k, v in value.entries.items()}
        return Value(value.kind, entries=entries, op=PASSED, parent=value)
    return Value("pytree", traced=level, op=PASSED, parent=value)


def mapped_over(value: Value, depth: int = 0) -> Value:
    """One example of a batch, as vmap hands it to the function."""
    match value.kind:
        case "keys":
            return Value("key", op="element", parent=value)
        case "array" | "numpy":
            shape = value.shape[1:] if value.shape else None
            return Value(
                "array",
                traced=max(MAPPED, value.traced),
                dtype=value.dtype,
                shape=shape,
                op="element",
                parent=value,
            )
        case "tuple" | "list" if value.items is not None and depth < MAX_DEPTH:
            return Value(
                value.kind, items=[mapped_over(i, depth + 1) for i in value.items], op="element"
            )
        case "instance" if depth < MAX_DEPTH:
            return carried(value, lambda part: mapped_over(part, depth + 1))
        case "static" | "function" | "object" | "instance" | "class" | "name" | "transformed":
            return value
        case _:
            return Value("pytree", traced=max(MAPPED, value.traced), op="element", parent=value)


def left_behind(value: Value, level: int, depth: int = 0) -> Value:
    """What a caller gets of a staged function's result: every leaf an array of the caller."""
    traced = level if level == STAGED else 0
    match value.kind:
        case "tuple" | "list" if value.items is not None and depth < MAX_DEPTH:
            items = [left_behind(item, level, depth + 1) for item in value.items]
            return Value(value.kind, items=items)
        case "dict" if value.entries is not None and depth < MAX_DEPTH:
            entries = {k: left_behind(v, level, depth + 1) for k, v in value.entries.items()}
            return Value("dict", entries=entries)
        case "static" if value.has_const and value.const is None:
            return value
        case "array" | "static" | "shape" | "numpy":
            return Value("array", traced=traced, dtype=value.dtype, shape=value.shape, op="result")
        case "instance" if depth < MAX_DEPTH:
            return carried(value, lambda part: left_behind(part, level, depth + 1))
        case "key" | "keys" | "instance" | "object":
            return value
        case _:
            return Value("pytree", traced=traced, op="result")


def known_parameter(
    lint: "Analysis", function: Function, parameter: ast.arg, position: int, level: int
) -> Value:
    """A traced parameter of a function that no call in the file describes."""
    default = function.defaults.get(parameter.arg)
    if default is not None and not lint.facts.passes(function.name, parameter.arg, position):
        return default
    proven = of_annotation(annotation_of(lint, function.frame, parameter), level)
    if proven is not None:
        return proven
    if default is not None and (default.is_number or isinstance(default.const, bool)):
        return Value("array", traced=level, dtype=default.dtype, shape=())
    if default is not None and isinstance(default.const, str):
        return Value()
    return Value("pytree", traced=level)


DIFFERENTIATING = known.DIFFERENTIATING | {"filter_value_and_grad"}
