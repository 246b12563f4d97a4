"""Names lines and primitives for what the judge found. Runs in the worker, with user Python.

These are hints: nothing here changes a verdict.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.jaxpr_reading import Origin, Replay
from jax_workbench.tools.check_gradients.leaves import flatten_arguments
from jax_workbench.tools.check_gradients.messages import ExplainAsk, Explained, Place
from jax_workbench.tools.check_gradients.precision import Setting, choose_precision, in_native_dtype
from jax_workbench.tools.check_gradients.user_call import FILE, load_call
from jax_workbench.tools.contract import Job

CUTTING = frozenset(
    {
        *("round", "floor", "ceil", "sign", "argmax", "argmin", "stop_gradient", "gt", "lt", "ge"),
        *("le", "eq", "ne", "is_finite", "population_count", "nextafter"),
    }
)
"""Primitives that let no gradient through."""
COMPARING = frozenset(("gt", "lt", "ge", "le", "eq", "ne", "max", "min"))
REDUCING = frozenset(("reduce_max", "reduce_min", "sort", "argmax", "argmin"))
AT_ZERO = frozenset(("abs", "sign"))
STEPPING = frozenset(("floor", "ceil", "round"))
SINGULAR = frozenset(
    {
        *("sqrt", "rsqrt", "cbrt", "log", "log1p", "pow", "div", "acos", "asin", "acosh", "atanh"),
        *("asinh", "atan2", "integer_pow", "lgamma", "digamma", "eigh", "svd", "cholesky", "qr"),
        *("erf_inv", "tan", "exp", "expm1", "custom_jvp_call", "custom_vjp_call"),
    }
)
"""Primitives whose derivative can be infinite, undefined or out of range."""
TRANSPOSED_BY_HAND = frozenset(("linear_call", "custom_lin", "custom_transpose_call"))


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Answer each question (kind of finding, leaf) with a place in the code."""
    ask = ExplainAsk.model_validate(argument)
    fn, values = load_call(ask.trace)
    arguments = flatten_arguments(values, ask.trace.argnums)
    setting = choose_precision(fn, arguments)
    places: list[Place] = []
    with jax.enable_x64(ask.trace.x64 or not setting.is_native):
        for kind, leaf in ask.questions:
            job.progress(f"locating: {kind}")
            number = arguments.paths.index(leaf) if leaf in arguments.paths else None
            places.append(place_of(kind, number, setting) if setting.jaxpr else Place())
    return Explained(places=tuple(places)).model_dump()


def place_of(kind: str, leaf: int | None, setting: Setting) -> Place:
    """Place behind one finding; empty where it can't be told."""
    match kind:
        case "nan" | "inf":
            return non_finite_place(setting)
        case "zero_gradient" | "surrogate":
            return cutting_place(setting, leaf)
        case "kink" | "discontinuous":
            return breaking_place(setting, leaf)
        case "fail" | "fwd_rev_mismatch":
            return transposing_place(setting)
        case _:
            return Place()


def replayed(
    fn: Callable[..., list[Any]],
    x: Sequence[Any],
    visit: jaxpr_reading.Visit,
    *,
    enters_rules: bool = False,
    is_telling: Callable[[list[Any]], bool] | None = None,
) -> None:
    """Run `fn` one equation at a time at x."""
    jaxpr = jaxpr_reading.closed_jaxpr(fn, *x)
    origins = [Origin(frozenset({i}), same_index=True) for i in range(len(x))]
    Replay(visit, enters_rules=enters_rules, is_telling=is_telling).run(jaxpr, x, origins)


def non_finite_place(setting: Setting) -> Place:
    """Where NaN or infinity begins: in float64, in the own dtype, in the second derivative."""
    with jax.enable_x64(not setting.is_native):
        place = first_non_finite(setting)
    if place is None:
        with jax.enable_x64(False):
            place = first_non_finite(in_native_dtype(setting))
    with jax.enable_x64(not setting.is_native):
        return place or first_non_finite(setting, order=2) or Place()


def first_non_finite(setting: Setting, order: int = 1) -> Place | None:
    """The first equation with finite inputs and a non-finite output, named after the primal's."""
    d, held = setting.derivatives, setting.held
    rng = np.random.default_rng(0)
    w = [jnp.asarray(rng.standard_normal(o.shape), o.dtype) for o in setting.outputs]
    u = [jnp.asarray(rng.standard_normal(v.shape), v.dtype) for v in setting.x]
    primal: list[tuple[Any, Any, str]] = []
    hits: list[tuple[Any, Any]] = []

    def note(e: Any, _values: Any, _out: Any, _origins: Any, path: Any) -> None:
        primal.append((e, jaxpr_reading.user_place(e, path, FILE), e.primitive.name))

    def watch(e: Any, values: list[Any], out: list[Any], _origins: Any, path: Any) -> None:
        if not hits and any(map(is_bad, out)) and not any(map(is_bad, values)):
            hits.append((e, path))

    def derivative(*x: Any) -> list[Any]:
        return d.vjp(*x, *held, *w) if order == 1 else d.hvp(*x, *held, *w, *u)

    replayed(derivative, setting.x, watch, is_telling=lambda out: any(map(is_bad, out)))
    if not hits:
        return None
    equation, path = hits[0]
    frame = jaxpr_reading.user_place(equation, path, FILE)
    replayed(lambda *x: d.outputs(x, held), setting.x, note, enters_rules=True)
    here = [name for _, place, name in primal if frame is not None and same(place, frame)]
    singular = [name for name in here if name in SINGULAR]
    own = equation.primitive.name
    name = own if own in here else (singular or here or [own])[-1]
    is_backward = jaxpr_reading.is_transposed(equation) or own not in here
    return Place(
        primitive=name,
        phase="backward" if is_backward else "forward",
        line=frame.start_line if frame is not None else None,
    )


def same(a: Any, b: Any) -> bool:
    """Whether two frames are the same expression."""
    return a is not None and (a.start_line, a.start_column, a.end_line, a.end_column) == (
        b.start_line,
        b.start_column,
        b.end_line,
        b.end_column,
    )


def is_bad(value: Any) -> bool:
    """Whether an array holds NaN or infinity."""
    if not jnp.issubdtype(jnp.result_type(value), jnp.inexact):
        return False
    return not bool(jnp.all(jnp.isfinite(value)))


def cutting_place(setting: Setting, leaf: int | None) -> Place:
    """The first primitive on the way from a leaf that lets no gradient through, or a rule."""
    found: list[Place] = []

    def visit(e: Any, _values: Any, out: list[Any], origins: list[Origin], path: Any) -> None:
        if not any(leaf in o.leaves if leaf is not None else o.leaves for o in origins):
            return
        line = jaxpr_reading.user_line(e, path, FILE)
        name = e.primitive.name
        to_integer = name == "convert_element_type" and not any(
            jnp.issubdtype(jnp.result_type(o), jnp.inexact) for o in out
        )
        if name in CUTTING or to_integer:
            found.append(Place(primitive=name, line=line, phase="forward"))

    held = setting.held
    replayed(lambda *x: setting.derivatives.outputs(x, held), setting.x, visit, enters_rules=True)
    return found[0] if found else Place()


def breaking_place(setting: Setting, leaf: int | None) -> Place:
    """The first primitive that sits on its kink or jump: at 0, at a tie, at a bound."""
    found: list[Place] = []

    def visit(e: Any, values: list[Any], _out: Any, origins: list[Origin], path: Any) -> None:
        if not any(leaf in o.leaves if leaf is not None else o.leaves for o in origins):
            return
        if is_on_edge(e, values):
            line = jaxpr_reading.user_line(e, path, FILE)
            found.append(Place(primitive=e.primitive.name, line=line, phase="forward"))

    held = setting.held
    replayed(lambda *x: setting.derivatives.outputs(x, held), setting.x, visit, enters_rules=True)
    return found[0] if found else Place()


def is_on_edge(equation: Any, values: list[Any]) -> bool:
    """Whether an equation's values lie where its derivative breaks."""
    name, first = equation.primitive.name, np.asarray(values[0])
    if name in AT_ZERO:
        return bool(np.any(first == 0))
    if name in COMPARING:
        return bool(np.any(first == np.asarray(values[1])))
    if name in STEPPING:
        offset = 0.5 if name == "round" else 0.0
        return bool(np.any(first - offset == np.floor(first - offset)))
    if name == "clamp":
        low, x, high = map(np.asarray, values)
        return bool(np.any((x == low) | (x == high)))
    if name in REDUCING:
        return first.size > len(np.unique(first))
    return False


def transposing_place(setting: Setting) -> Place:
    """An equation whose transpose was written by hand."""
    for equation, path in jaxpr_reading.equations(setting.jaxpr):
        if equation.primitive.name in TRANSPOSED_BY_HAND:
            line = jaxpr_reading.user_line(equation, path, FILE)
            return Place(primitive=equation.primitive.name, line=line)
    return Place()
