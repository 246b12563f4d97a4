"""Looks into traced programs: convolutions, where a nan is born, units that never fire.

Runs in the worker.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax._src import source_info_util
from jax.core import Tracer

LOOPS = frozenset(("scan", "while"))
INLINED = frozenset(("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "remat"))
"""Primitives that only call the program in their parameters."""
MAKERS = frozenset(
    (
        *("log", "exp", "exp2", "div", "pow", "rsqrt", "sqrt", "integer_pow", "mul", "log1p"),
        *("expm1", "dot_general", "add", "sub", "reduce_sum", "cumsum", "square", "tan"),
    )
)
"""Primitives whose infinite results are no masks."""

type Jaxpr = Any
type Equation = Any


def inner_jaxprs(equation: Equation) -> Iterator[Jaxpr]:
    """Programs in the parameters of an equation."""
    for value in equation.params.values():
        many = cast("list[Any]", value) if isinstance(value, list | tuple) else [value]
        for item in many:
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


def shape_of(variable: Any) -> tuple[int, ...]:
    """Shape of a variable of a program; empty where it has none."""
    return tuple(getattr(variable.aval, "shape", ()))


def is_written_in(jaxpr: Jaxpr, filename: str) -> bool:
    """Whether a program is a function of the caller's own text.

    What JAX's own functions were traced into is kept from call to call, so that the lines in it
    may be those of an earlier call.
    """
    about = getattr(jaxpr, "debug_info", None)
    return bool(filename) and getattr(about, "func_filename", None) == filename


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


type Watch = Callable[[Equation, Sequence[Any], Sequence[Any], int | None], None]


class Interpreter:
    """Evaluates a program equation by equation and watches the results."""

    def __init__(self, watch: Watch, filename: str = "") -> None:
        """`watch(equation, inputs, outputs, line)` is called after each."""
        self.watch, self.filename = watch, filename

    def run(
        self,
        jaxpr: Jaxpr,
        consts: Sequence[Any],
        arguments: Sequence[Any],
        line: int | None = None,
    ) -> list[Any]:
        """Outputs of the program; `line` is where it was called, unless its own lines count."""
        values: dict[Any, Any] = {}

        def read(variable: Any) -> Any:
            return variable.val if hasattr(variable, "val") else values[variable]

        values.update(zip(jaxpr.constvars, consts, strict=True))
        values.update(zip(jaxpr.invars, arguments, strict=True))
        for equation in jaxpr.eqns:
            inputs = [read(v) for v in equation.invars]
            own = line if line is not None else line_of(equation, self.filename)
            outputs = self._evaluated(equation, inputs, own)
            self.watch(equation, inputs, outputs, own)
            values.update(zip(equation.outvars, outputs, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def _evaluated(self, equation: Equation, inputs: Sequence[Any], line: int | None) -> list[Any]:
        parameters = equation.params
        inner = next((parameters[k] for k in ("jaxpr", "call_jaxpr") if k in parameters), None)
        if equation.primitive.name in INLINED and inner is not None:
            consts = getattr(inner, "consts", ())
            program = getattr(inner, "jaxpr", inner)
            own = None if is_written_in(program, self.filename) else line
            return self.run(program, consts, inputs, own)
        bound = equation.primitive.get_bind_params(parameters)
        found = equation.primitive.bind(*inputs, **bound)
        return list(found) if equation.primitive.multiple_results else [found]


def first_birth(
    function: Callable[..., Any], arguments: Sequence[Any], filename: str, limit: float = math.inf
) -> Birth | None:
    """Where a value of `function(*arguments)` first stops being finite, or exceeds `limit`.

    An infinity counts only where nothing but arithmetic made it (masks are infinite on purpose);
    of a nan that an earlier infinity caused, the infinity is told.
    """
    closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
    del shape
    births: list[Birth] = []

    def watch(
        equation: Equation, inputs: Sequence[Any], outputs: Sequence[Any], line: int | None
    ) -> None:
        if not (births and births[0].kind == "nan"):
            births.extend(birth_in(equation, inputs, outputs, line, limit))

    flat = jax.tree.leaves(arguments)
    Interpreter(watch, filename).run(closed.jaxpr, closed.consts, flat)
    return births[0] if births else None


def birth_in(
    equation: Equation,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    line: int | None,
    limit: float,
) -> list[Birth]:
    """The birth that happened in this very operation, or none."""
    name = equation.primitive.name
    operands = [np.asarray(v, np.float64) for v in inputs if is_float(v)]
    results = [np.asarray(v, np.float64) for v in outputs if is_float(v)]
    if name in INLINED or not operands:
        return []
    was_nan = any(np.isnan(o).any() for o in operands)
    was_large = any((np.abs(o) >= limit).any() for o in operands)
    kind = "nan" if not was_nan and any(np.isnan(r).any() for r in results) else ""
    if not kind and not was_large and not was_nan and name in MAKERS:
        kind = "inf" if any((np.abs(r) >= limit).any() for r in results) else ""
    if not kind:
        return []
    last = operands[-1] if name == "div" else operands[0]
    return [Birth(name, line, kind, float(last.min()), float(last.max()))]


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
    found: list[Any],
    equation: Equation,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    line: int | None,
) -> None:
    """Append which units fire, where the equation is a ReLU of rows of units."""
    del line
    is_relu = equation.primitive.name == "max" and any(
        not isinstance(v, Tracer) and np.ndim(v) == 0 and float(np.asarray(v)) == 0.0
        for v in inputs
    )
    if is_relu and np.ndim(outputs[0]) > 1:
        found.append((outputs[0].reshape(-1, outputs[0].shape[-1]) > 0).any(0))


def dead_shares(fired: Sequence[Any]) -> list[Rectified]:
    """What `rectifiers` gave, as shares."""
    return [
        Rectified(place, int(np.size(units)), float(1 - np.asarray(units, float).mean()))
        for place, units in enumerate(fired)
    ]
