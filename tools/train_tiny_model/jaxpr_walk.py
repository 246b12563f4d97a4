"""Looks into traced programs: squares of the batch, convolutions, where a nan is born.

Runs in the worker.
"""

# What JAX's and Flax's transformations return has no type that pyright knows.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax._src import source_info_util
from jax.core import Tracer

LOOPS = frozenset(("scan", "while"))
INLINED = frozenset(("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "remat"))
"""Primitives that only call the program in their parameters."""

type Jaxpr = Any
type Equation = Any


def inner_jaxprs(equation: Equation) -> Iterator[Jaxpr]:
    """Programs in the parameters of an equation."""
    for value in equation.params.values():
        for item in value if isinstance(value, list | tuple) else [value]:
            if hasattr(item, "eqns"):
                yield item
            elif hasattr(item, "jaxpr") and hasattr(item.jaxpr, "eqns"):
                yield item.jaxpr


def equations(jaxpr: Jaxpr) -> Iterator[Equation]:
    """Every equation at any depth."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in inner_jaxprs(equation):
            yield from equations(inner)


def line_of(equation: Equation, filename: str) -> int | None:
    """Line of the caller's text that made the equation; None where that is not known."""
    if not filename:
        return None
    traceback = equation.source_info.traceback
    if traceback is None:
        return None
    for frame in source_info_util.user_frames(traceback):
        if frame.file_name == filename:
            return int(frame.start_line)
    return None


def has_convolution(jaxpr: Jaxpr) -> bool:
    """Whether a convolution is anywhere in it."""
    return any(e.primitive.name == "conv_general_dilated" for e in equations(jaxpr))


def looped_convolution(jaxpr: Jaxpr, filename: str) -> tuple[bool, int | None]:
    """Whether a convolution is inside a loop of the program, and the loop's line."""
    for equation in equations(jaxpr):
        if equation.primitive.name in LOOPS and any(map(has_convolution, inner_jaxprs(equation))):
            return True, line_of(equation, filename)
    return False, None


@dataclass(frozen=True)
class Square:
    """An equation whose result has the batch's size twice while no operand has."""

    operation: str
    shapes: tuple[tuple[int, ...], ...]
    result: tuple[int, ...]
    line: int | None
    is_certain: bool
    """Both operands hold exactly one number a row."""


def batch_squares(jaxpr: Jaxpr, batch: int, filename: str) -> list[Square]:
    """Where (batch,) met (batch, 1); `batch` is a size that nothing else has."""
    found: list[Square] = []
    for equation in equations(jaxpr):
        if any(inner_jaxprs(equation)):
            continue
        shapes = tuple(shape_of(v) for v in equation.invars)
        for out in equation.outvars:
            shape = shape_of(out)
            if shape.count(batch) > 1 and all(s.count(batch) <= 1 for s in shapes):
                sizes = [int(np.prod(s)) for s in shapes if batch in s]
                name = equation.primitive.name
                certain = len(sizes) > 1 and all(size == batch for size in sizes)
                own = name in {"sub", "add", "mul", "div", "max", "min", "pow", "eq"}
                found.append(
                    Square(name, shapes, shape, line_of(equation, filename), certain and own)
                )
    return found or stretched_operands(jaxpr, batch, filename)


def shape_of(variable: Any) -> tuple[int, ...]:
    """Shape of a variable of a program; empty where it has none."""
    return tuple(getattr(variable.aval, "shape", ()))


def stretched_operands(jaxpr: Jaxpr, batch: int, filename: str) -> list[Square]:
    """The same where each operand was first stretched by an equation of its own."""
    found: list[Square] = []
    for equation in equations(jaxpr):
        if equation.primitive.name != "broadcast_in_dim":
            continue
        shape, operand = shape_of(equation.outvars[0]), shape_of(equation.invars[0])
        if shape.count(batch) > 1 and int(np.prod(operand)) == batch:
            line = line_of(equation, filename)
            found.append(Square("broadcast", (operand,), shape, line, is_certain=True))
    return found


@dataclass(frozen=True)
class Birth:
    """The first operation whose result is not finite though what went in was."""

    operation: str
    line: int | None
    kind: str
    """nan or inf."""
    low: float
    high: float
    """Range of the operand that matters most."""


class Interpreter:
    """Evaluates a program equation by equation and watches the results."""

    def __init__(self, watch: Callable[[Equation, Sequence[Any], Sequence[Any]], None]) -> None:
        """`watch(equation, inputs, outputs)` is called after each."""
        self.watch = watch

    def run(self, jaxpr: Jaxpr, consts: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        """Outputs of the program."""
        values: dict[Any, Any] = {}

        def read(variable: Any) -> Any:
            return variable.val if hasattr(variable, "val") else values[variable]

        values.update(zip(jaxpr.constvars, consts, strict=True))
        values.update(zip(jaxpr.invars, arguments, strict=True))
        for equation in jaxpr.eqns:
            inputs = [read(v) for v in equation.invars]
            outputs = self._evaluated(equation, inputs)
            self.watch(equation, inputs, outputs)
            values.update(zip(equation.outvars, outputs, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def _evaluated(self, equation: Equation, inputs: Sequence[Any]) -> list[Any]:
        parameters = equation.params
        inner = next((parameters[k] for k in ("jaxpr", "call_jaxpr") if k in parameters), None)
        if equation.primitive.name in INLINED and inner is not None:
            consts = getattr(inner, "consts", ())
            return self.run(getattr(inner, "jaxpr", inner), consts, inputs)
        bound = equation.primitive.get_bind_params(parameters)
        found = equation.primitive.bind(*inputs, **bound)
        return list(found) if equation.primitive.multiple_results else [found]


def first_birth(
    function: Callable[..., Any], arguments: Sequence[Any], filename: str
) -> Birth | None:
    """Where a value of `function(*arguments)` first stops being finite.

    An infinity counts only where nothing but arithmetic made it (masks are infinite on purpose);
    of a nan that an earlier infinity caused, the infinity is told.
    """
    closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
    del shape
    births: list[Birth] = []
    makers = {"log", "exp", "exp2", "div", "pow", "rsqrt", "sqrt", "integer_pow", "mul", "log1p"}
    makers |= {"expm1", "dot_general", "add", "sub", "reduce_sum", "cumsum", "square", "tan"}

    def watch(equation: Equation, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        if births and births[0].kind == "nan":
            return
        name = equation.primitive.name
        if name in INLINED:
            return
        operands = [np.asarray(v, np.float64) for v in inputs if is_float(v)]
        results = [np.asarray(v, np.float64) for v in outputs if is_float(v)]
        has_nan = any(np.isnan(r).any() for r in results)
        was_nan = any(np.isnan(o).any() for o in operands)
        was_inf = any(np.isinf(o).any() for o in operands)
        has_inf = any(np.isinf(r).any() for r in results)
        kind = "nan" if has_nan and not was_nan else ""
        if not kind and has_inf and not was_inf and not was_nan and name in makers:
            kind = "inf"
        if kind and operands:
            last = operands[-1] if name == "div" else operands[0]
            births.append(
                Birth(name, line_of(equation, filename), kind, float(last.min()), float(last.max()))
            )

    flat = jax.tree.leaves(arguments)
    Interpreter(watch).run(closed.jaxpr, closed.consts, flat)
    return births[0] if births else None


def is_float(value: Any) -> bool:
    """Whether it is a floating array."""
    return (
        hasattr(value, "dtype") and jnp.issubdtype(value.dtype, jnp.floating) and np.size(value) > 0
    )


@dataclass(frozen=True)
class Rectified:
    """Share of a ReLU layer's units that are zero for every row."""

    place: int
    n_units: int
    dead_share: float


def rectifiers(forward: Callable[..., Any], arguments: Sequence[Any]) -> Callable[..., Any]:
    """A compiled function of the same arguments: for each ReLU, in order, which units ever fire."""
    closed = jax.make_jaxpr(forward)(*arguments)

    def fired(*own: Any) -> list[Any]:
        found: list[Any] = []
        Interpreter(partial(note_rectifier, found)).run(
            closed.jaxpr, closed.consts, jax.tree.leaves(own)
        )
        return found

    return jax.jit(fired)


def note_rectifier(
    found: list[Any], equation: Equation, inputs: Sequence[Any], outputs: Sequence[Any]
) -> None:
    """Append which units fire, where the equation is a ReLU of rows of units."""
    is_relu = equation.primitive.name == "max" and any(
        not isinstance(v, Tracer) and np.ndim(v) == 0 and float(np.asarray(v)) == 0.0
        for v in inputs
    )
    if is_relu and np.ndim(outputs[0]) > 1:
        found.append((outputs[0].reshape(-1, outputs[0].shape[-1]) > 0).any(0))


def dead_shares(fired: Sequence[Any]) -> list[Rectified]:
    """What `rectifiers` gave, as shares."""
    return [
        Rectified(place, int(np.size(units)), float(1 - np.mean(np.asarray(units))))
        for place, units in enumerate(fired)
    ]
