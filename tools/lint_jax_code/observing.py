"""What a run of the text shows besides errors. Runs in the worker.

Warnings of JAX and of the libraries on it, gradients that are nan or zero wherever they are
evaluated, and functions that are compiled again and again from one line.
"""

import contextlib
import functools
import inspect
import re
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from jax_workbench.tools.common.guarded_text import shorten

NAME = "<linted>"
LIBRARIES = frozenset(
    ("jax", "jaxlib", "flax", "optax", "numpyro", "orbax", "nlsq", "equinox", "diffrax")
)
"""Folders of a path."""
OF_THE_HOST = re.compile(r"devices\b|backend|platforms|out of memory|directory|network")
"""Words in the messages of what another host would not say."""
FLAX = f"{Path('flax') / 'nnx'}"
OF_THE_FUTURE = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that rules speak of, or nobody."""
MANY_COMPILATIONS = 5


@dataclass(frozen=True)
class Observed:
    """What was seen, and the lines of the text that led to it, the innermost last."""

    kind: str
    lines: tuple[int, ...]
    text: str
    origin: int | None = None
    """The line to mend, where it is known to be another than the innermost."""

    def as_told(self) -> dict[str, Any]:
        """As the server reads it."""
        lines = list(self.lines)
        return {"kind": self.kind, "lines": lines, "text": self.text, "origin": self.origin}


class Sightings(dict[tuple[str, int], Observed]):
    """What was seen, by its kind and line."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.compiled: Counter[int] = Counter()
        """How often functions of the text were compiled from each line."""


def lines_of(error: BaseException) -> Iterator[int]:
    """Lines of the text that an error passed through."""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == NAME and frame.lineno is not None:
            yield frame.lineno


def lines_above(frame: FrameType | None) -> tuple[int, ...]:
    """Lines of the text that are being executed, the innermost last."""
    found: list[int] = []
    while frame is not None:
        if frame.f_code.co_filename == NAME:
            found.append(frame.f_lineno)
        frame = frame.f_back
    return tuple(found[::-1])


@contextmanager
def observing() -> Generator[Sightings]:
    """Watch what runs inside; the first sighting of each kind on each line."""
    seen = Sightings()

    def note(kind: str, lines: tuple[int, ...], text: str) -> None:
        if lines:
            seen.setdefault((kind, lines[-1]), Observed(kind, lines, shorten(text, 400)))

    kept: Any = jax.grad, jax.value_and_grad, jax.jit
    grad, value_and_grad, jit = kept
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = functools.partial(_warned, note)
        jax.grad = functools.partial(_differentiating, note, grad, 0)
        jax.value_and_grad = functools.partial(_differentiating, note, value_and_grad, 1)
        jax.jit = _Compiling(note, jit, seen.compiled)
        try:
            yield seen
        finally:
            jax.grad, jax.value_and_grad, jax.jit = kept
            jax.effects_barrier()


type Noting = Callable[[str, tuple[int, ...], str], None]


def _warned(
    note: Noting, message: Warning | str, category: type[Warning], filename: str, *_rest: Any
) -> None:
    frame: FrameType | None = inspect.currentframe()
    lines = lines_above(frame)
    is_ours = filename == NAME or LIBRARIES.intersection(Path(filename).parts)
    text = " ".join(str(message).split())
    if not is_ours or issubclass(category, OF_THE_FUTURE):
        return
    if filename == NAME and not _is_from_a_library(frame):
        return
    if OF_THE_HOST.search(text.lower()) is None:
        note("warns", lines, f"{category.__name__}: {text}")


def _is_from_a_library(frame: FrameType | None) -> bool:
    """Whether a library stands between the warning and the text."""
    while frame is not None and frame.f_code.co_filename != NAME:
        if LIBRARIES.intersection(Path(frame.f_code.co_filename).parts):
            return True
        frame = frame.f_back
    return False


def _differentiating(
    note: Noting, transform: Callable[..., Any], place: int, fun: Any, *args: Any, **kwargs: Any
) -> Any:
    """`jax.grad` or `jax.value_and_grad` whose gradients are looked at."""
    inner = transform(fun, *args, **kwargs)

    @functools.wraps(inner)
    def watched(*operands: Any, **named: Any) -> Any:
        result: Any = inner(*operands, **named)
        here = inspect.currentframe()
        caller = here.f_back if here is not None else None
        where = caller.f_code.co_filename if caller is not None else ""
        if where == NAME or FLAX in where:
            gradient = result[place] if place or kwargs.get("has_aux") else result
            gradient = result[0] if kwargs.get("has_aux") and not place else gradient
            source = functools.partial(_source_of_nan, inner, operands, named)
            _look_at(note, lines_above(caller), gradient, (operands, named), source)
            if _is_zero(gradient) and _is_constant(inner, place, operands, named):
                note("gradient", lines_above(caller), "The gradient is zero, whatever is given.")
        return result

    return watched


def _floats(tree: Any) -> list[Any]:
    leaves = [leaf for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array | float)]
    return [leaf for leaf in leaves if jnp.issubdtype(jnp.result_type(leaf), jnp.floating)]


def _look_at(
    note: Noting,
    lines: tuple[int, ...],
    gradient: Any,
    arguments: Any,
    source: Callable[[], tuple[int, ...]],
) -> None:
    """Tell a gradient that is not finite at arguments that are."""

    def tell(is_bad: Any) -> None:
        if bool(jnp.any(is_bad)):
            is_known = not isinstance(bad[0], Tracer)
            where = (*lines, *source()) if is_known else lines
            note("gradient", where, "The gradient is nan at finite arguments.")

    bad = [jnp.any(jnp.isnan(leaf)) for leaf in _floats(gradient)]
    fine = [jnp.all(jnp.isfinite(leaf)) for leaf in _floats(arguments)]
    if not bad:
        return
    is_bad = jnp.any(jnp.stack(bad)) & jnp.all(jnp.stack([*fine, jnp.asarray(True)]))
    if isinstance(is_bad, Tracer):
        jax.debug.callback(tell, is_bad)
    else:
        tell(is_bad)


def _source_of_nan(
    inner: Callable[..., Any], operands: tuple[Any, ...], named: dict[str, Any]
) -> tuple[int, ...]:
    """The line of the text that is the first to give what is not finite; empty if none does."""
    with contextlib.suppress(Exception):
        closed: Any = jax.make_jaxpr(functools.partial(inner, **named))(*operands)
        leaves = [*jax.tree.leaves(operands), *closed.consts]
        places = [*closed.jaxpr.invars, *closed.jaxpr.constvars]
        values: dict[Any, Any] = dict(zip(places, leaves, strict=True))
        for eqn in closed.jaxpr.eqns:
            given = [a.val if hasattr(a, "val") else values[a] for a in eqn.invars]
            made = eqn.primitive.bind(*given, **eqn.primitive.get_bind_params(eqn.params))
            made = made if eqn.primitive.multiple_results else [made]
            if not all(bool(jnp.all(jnp.isfinite(m))) for m in _floats(made)):
                trace = eqn.source_info.traceback
                frames: list[Any] = trace.frames if trace is not None else []
                return tuple(int(f.line_num) for f in frames if f.file_name == NAME)[:1]
            values |= dict(zip(eqn.outvars, made, strict=True))
    return ()


def _is_zero(gradient: Any) -> bool:
    """Whether all of it is known and zero."""
    leaves = _floats(gradient)
    is_known = leaves and not any(isinstance(leaf, Tracer) for leaf in leaves)
    return bool(is_known) and not any(bool(jnp.any(leaf != 0)) for leaf in leaves)


def _is_constant(
    inner: Callable[..., Any], place: int, operands: tuple[Any, ...], named: dict[str, Any]
) -> bool:
    """Whether no argument is used where the gradient is computed."""

    def gradient(*at: Any) -> Any:
        result: Any = inner(*at, **named)
        return result[place] if place or isinstance(result, tuple) else result  # pyright: ignore[reportUnknownVariableType]

    try:
        jaxpr: Any = jax.make_jaxpr(gradient)(*operands).jaxpr
    except Exception:  # noqa: BLE001 - what cannot be traced shows nothing
        return False
    needed = {id(v) for v in jaxpr.outvars}
    for eqn in reversed(jaxpr.eqns):
        if any(id(v) in needed for v in eqn.outvars):
            needed |= {id(v) for v in eqn.invars}
    return not any(id(v) in needed for v in jaxpr.invars)


class _Compiling:
    """`jax.jit` that counts from which line a function is traced, and how often."""

    def __init__(self, note: Noting, jit: Callable[..., Any], by_line: Counter[int]) -> None:
        self.note, self.jit, self.by_line = note, jit, by_line
        self.counts: Counter[tuple[str, int, tuple[int, ...]]] = Counter()
        self.depth = 0
        self.known: dict[int, tuple[Any, Any]] = {}

    def __call__(self, fun: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As `jax.jit`; only functions of the text are counted."""
        if fun is None:
            return functools.partial(self, *args, **kwargs)
        return self.jit(self._counted(fun), *args, **kwargs)

    def _counted(self, fun: Any) -> Any:
        key = id(fun)
        inner = getattr(fun, "func", fun)
        if not isinstance(inner, FunctionType) or inner.__code__.co_filename != NAME:
            return fun
        if key not in self.known:
            # One wrapper for each function, as JAX knows by it what it has compiled.
            self.known[key] = (fun, self._wrapped(fun, inner.__code__.co_firstlineno))
        return self.known[key][1]

    def _wrapped(self, fun: Any, line: int) -> Any:
        @functools.wraps(fun)
        def counted(*args: Any, **kwargs: Any) -> Any:
            if self.depth == 0:
                self._count(fun, line, lines_above(inspect.currentframe()))
            self.depth += 1
            try:
                return fun(*args, **kwargs)
            finally:
                self.depth -= 1

        return counted

    def _count(self, fun: Any, line: int, lines: tuple[int, ...]) -> None:
        name = str(getattr(fun, "__name__", "function"))
        self.counts[name, line, lines] += 1
        self.by_line.update(lines[-1:])
        if self.counts[name, line, lines] == MANY_COMPILATIONS:
            text = f"`{name}` was compiled {MANY_COMPILATIONS} times from this line."
            self.note("compiles", lines, text)
