"""Custom rules against the functions they replace, without differences. Runs in the worker.

Needs the rules themselves, hence user Python: what it finds are suspicions for the judge.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.directions import normal_like
from jax_workbench.tools.check_gradients.jaxpr_reading import RULES, Origin, Replay
from jax_workbench.tools.check_gradients.messages import N_ELEMENTS, N_SUSPECTS
from jax_workbench.tools.check_gradients.programs import pulled_back

MAX_RULES = 40
SAMPLES_EACH = 2
FIRST_STEPS = 2
COTANGENT_SIZES = (8.0, 0.25)
"""A rule that clips or normalises its cotangent is right for a small one only."""


@dataclass(frozen=True)
class Met:
    """A custom rule at the inputs that it met."""

    equation: Any
    values: list[Any]
    origins: list[Origin]

    @property
    def name(self) -> str:
        """Of the decorated function."""
        return jaxpr_reading.rule_name_and_place(self.equation)[0]

    def active(self) -> list[int]:
        """Inexact inputs that depend on a moving leaf."""
        return [
            i
            for i, (value, origin) in enumerate(zip(self.values, self.origins, strict=True))
            if origin.leaves and jnp.issubdtype(jnp.result_type(value), jnp.inexact)
        ]

    def with_inputs(self, moving: Sequence[Any]) -> list[Any]:
        """All inputs, the active ones replaced."""
        chosen = dict(zip(self.active(), moving, strict=True))
        return [chosen.get(i, value) for i, value in enumerate(self.values)]

    def by_rule(self, *moving: Any) -> list[Any]:
        """The function with its rule, of the active inputs."""
        return inexact(jaxpr_reading.bind(self.equation, self.with_inputs(moving)))

    def inlined(self, *moving: Any) -> list[Any]:
        """The function without its rule."""
        fn = jaxpr_reading.as_function(jaxpr_reading.replaced_function(self.equation))
        return inexact(fn(*self.with_inputs(moving)))


@dataclass(frozen=True)
class Difference:
    """A rule whose derivative is not that of its function."""

    met: Met
    line: int | None
    order: int
    wrong_input: int
    """Index among the active inputs."""
    elements: tuple[tuple[int, ...], ...]
    n_wrong: int


@dataclass
class Audit:
    """What was audited."""

    differences: list[Difference] = field(default_factory=list[Difference])
    n_rules: int = 0
    unaudited: list[str] = field(default_factory=list[str])


def audit(
    fn: Callable[..., list[Any]], x: Sequence[Any], file: str, deadline: float, order: int = 1
) -> Audit:
    """Compare each custom rule of the user that `fn` meets at x with its function.

    Args:
        fn: Of the moving leaves alone.
        x: Where.
        file: Rules that are defined elsewhere are trusted.
        deadline: By `time.monotonic`; rules not reached by then are `unaudited`.
        order: 2: second derivatives too.
    """
    done = Audit()
    for met in rules_met(fn, x, file):
        done.n_rules += 1
        place = jaxpr_reading.rule_name_and_place(met.equation)[1]
        if time.monotonic() > deadline:
            done.unaudited.append(met.name)
            continue
        try:
            found = differences(met, line_of(place), order)
        except Exception:  # noqa: BLE001 - a rule over a traced value can't be bound again; counted
            done.unaudited.append(met.name)
            continue
        if len(done.differences) < N_SUSPECTS:
            done.differences += found
    return done


def rules_met(fn: Callable[..., list[Any]], x: Sequence[Any], file: str) -> list[Met]:
    """Custom rules of `file` on the way, with concrete inputs; at most MAX_RULES."""
    jaxpr = jaxpr_reading.closed_jaxpr(fn, *x)
    held: dict[int, bool] = {}

    def holds_rule(equation: Any) -> bool:
        key = id(equation)
        if key not in held:
            inner = (e for j in jaxpr_reading.inner_jaxprs(equation) for e in j.eqns)
            held[key] = is_rule_of(equation, file) or any(holds_rule(e) for e in inner)
        return held[key]

    if not any(holds_rule(equation) for equation in jaxpr.eqns):
        return []
    found: list[Met] = []

    def visit(
        equation: Any, values: list[Any], _out: list[Any], origins: list[Origin], _path: Any
    ) -> None:
        if is_rule_of(equation, file) and is_wanted(equation, found):
            met = Met(equation, values, origins)
            if met.active():
                found.append(met)

    def tapped(*values: Any) -> list[list[Any]]:
        replay = Replay(visit, enter=holds_rule, longest_scan=FIRST_STEPS)
        origins = [Origin(frozenset({i}), same_index=True) for i in range(len(values))]
        replay.run(jaxpr, values, origins)
        return [met.values for met in found]

    branching = {e.primitive.name for e, _ in jaxpr_reading.equations(jaxpr) if holds_rule(e)}
    # Branches are chosen by values, so these run uncompiled; all else in one compiled program.
    run = tapped if branching & {"cond", "while"} else jax.jit(tapped)
    inputs = cast("list[list[Any]]", run(*x))
    return [Met(met.equation, v, met.origins) for met, v in zip(found, inputs, strict=True)]


def is_rule_of(equation: Any, file: str) -> bool:
    """Whether an equation is a custom rule that `file` defines."""
    if equation.primitive.name not in RULES:
        return False
    return jaxpr_reading.rule_name_and_place(equation)[1].startswith(f"{file}:")


def is_wanted(equation: Any, found: Sequence[Met]) -> bool:
    """Whether another sample of this rule would tell something."""
    place = jaxpr_reading.rule_name_and_place(equation)
    same = [met for met in found if jaxpr_reading.rule_name_and_place(met.equation) == place]
    return len(same) < SAMPLES_EACH and len(found) < MAX_RULES


def derivative_and_place(equation: Any) -> tuple[str, str]:
    """Name of the function that computes a custom rule's derivative, and its `file:line`."""
    functions = (equation.params.get(key) for key in ("bwd", "jvp_jaxpr_fun"))
    told = (jaxpr_reading.name_and_place(f.debug_info) for f in functions if f is not None)
    return next(told, ("", ""))


def line_of(place: str) -> int | None:
    """Line of `file:line`."""
    tail = place.rpartition(":")[2]
    return int(tail) if tail.isdigit() else None


def differences(met: Met, line: int | None, order: int) -> list[Difference]:
    """Inputs of a rule by which its derivative is not that of its function."""
    moving = [met.values[i] for i in met.active()]
    shapes = jax.eval_shape(met.inlined, *moving)
    rng = np.random.default_rng(0)
    found: list[Difference] = []

    def both(at: Sequence[Any], w: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        return pulled_back(met.by_rule, at, w), pulled_back(met.inlined, at, w)

    def both_twice(at: Any, w: Any, u: Any) -> tuple[list[Any], list[Any]]:
        return (
            pulled_back(lambda *y: pulled_back(met.by_rule, y, w), at, u),
            pulled_back(lambda *y: pulled_back(met.inlined, y, w), at, u),
        )

    compiled: Callable[..., Any] = jax.jit(both)
    twice: Callable[..., Any] = jax.jit(both_twice)
    for size in COTANGENT_SIZES:
        w = [size * random_like(rng, shape) for shape in shapes]
        pairs: list[tuple[int, tuple[list[Any], list[Any]]]] = [(1, compiled(moving, w))]
        if order > 1:
            u: list[Any] = [random_like(rng, v) for v in moving]
            both_orders = cast("tuple[list[Any], list[Any]]", twice(moving, w, u))
            pairs.append((2, both_orders))
        for at_order, gradients in pairs:
            for i, (a, b) in enumerate(zip(*gradients, strict=True)):
                if any(d.wrong_input == i and d.order == at_order for d in found):
                    continue
                elements, n_wrong = wrong_elements(np.asarray(a), np.asarray(b))
                if n_wrong:
                    found.append(Difference(met, line, at_order, i, elements, n_wrong))
    return found


def wrong_elements(
    rule: np.ndarray[Any, Any], plain: np.ndarray[Any, Any]
) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Elements in which two gradients differ, the largest differences first, and how many.

    Where the function's own gradient is not finite it is no reference: an element of the rule's
    is doubted there.
    """
    finite = np.where(np.isfinite(plain), plain, 0)
    scale = np.abs(finite).max(initial=0.0)
    eps = float(np.finfo(rule.dtype).eps)
    relative = max(1e-6, 1e4 * eps)
    tolerance = relative * scale + 1000 * eps * np.maximum(1.0, np.abs(finite))
    gap = np.abs(rule - finite)
    gap = np.where(np.isfinite(gap), gap, np.inf)
    wrong = (gap > tolerance) | ~np.isfinite(plain)
    n_wrong = int(wrong.sum())
    order = np.argsort(np.where(wrong, -gap, np.inf), axis=None, kind="stable")
    chosen = order[: min(n_wrong, N_ELEMENTS)]
    indices = zip(*np.unravel_index(chosen, rule.shape), strict=True)
    return tuple(tuple(int(i) for i in index) for index in indices), n_wrong


def random_like(rng: np.random.Generator, shape: Any) -> Any:
    """Normal numbers of the shape and dtype of `shape`."""
    values = normal_like(rng, np.zeros(shape.shape, shape.dtype))
    return jnp.asarray(values, shape.dtype)


def inexact(out: Sequence[Any]) -> list[Any]:
    """The floating-point ones."""
    return [o for o in out if jnp.issubdtype(jnp.result_type(o), jnp.inexact)]
