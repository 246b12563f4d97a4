"""How a jaxpr of JAX 0.12 is read and run: the only module here that uses private names of JAX.

Runs in the worker, with user Python. Each fact has a test in test_jaxpr_reading.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.extend.core as jec
import jax.numpy as jnp
from jax._src.source_info_util import user_frame

INLINE = {"jit": "jaxpr", "remat2": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr"}
"""Equations that only wrap a jaxpr, and the parameter that holds it."""
RULES = frozenset(("custom_jvp_call", "custom_vjp_call"))
LONGEST_SCAN = 64
"""Longer scans are entered for their first steps only."""
FIRST_STEPS = 2

ELEMENTWISE = frozenset(
    {
        *("neg", "sin", "cos", "tan", "tanh", "exp", "log", "log1p", "expm1", "logistic", "sqrt"),
        *("rsqrt", "square", "integer_pow", "pow", "abs", "add", "sub", "mul", "div", "max", "min"),
        *("convert_element_type", "copy", "copy_p", "select_n", "erf", "clamp", "sign", "round"),
    }
)
"""Primitives whose output element i depends on element i of their inputs only."""


def bind(equation: Any, values: Sequence[Any]) -> list[Any]:
    """Run one equation on values."""
    primitive = equation.primitive
    bound: Any = primitive.get_bind_params(equation.params)
    functions, params = cast("Any", bound if isinstance(bound, tuple) else ((), bound))
    out = primitive.bind(*functions, *values, **params)
    return list(out) if primitive.multiple_results else [out]


def inner_jaxprs(equation: Any, *, in_rules: bool = False) -> list[Any]:
    """Jaxprs that an equation may run; the function under a custom rule only with `in_rules`."""
    if equation.primitive.name in RULES and not in_rules:
        return []
    found: list[Any] = []
    for value in equation.params.values():
        parts = cast("Sequence[Any]", value if isinstance(value, (tuple, list)) else (value,))
        found.extend(part for part in parts if hasattr(part, "eqns"))
    return found


def equations(
    jaxpr: Any, path: tuple[Any, ...] = (), *, in_rules: bool = False
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every equation, however deep, with the equations around it."""
    for equation in jaxpr.eqns:
        yield equation, path
        for inner in inner_jaxprs(equation, in_rules=in_rules):
            yield from equations(inner, (*path, equation), in_rules=in_rules)


@dataclass(frozen=True)
class Origin:
    """Which moving leaves a value depends on."""

    leaves: frozenset[int] = frozenset()
    same_index: bool = False
    """Element i of the value depends on element i of the one leaf, and on no other of it."""

    def joined(self, others: Sequence["Origin"]) -> "Origin":
        """Origin of a value made of this one and of others."""
        return Origin(self.leaves.union(*(other.leaves for other in others)))


CONSTANT = Origin()

type Visit = Callable[[Any, list[Any], list[Any], list[Origin], tuple[Any, ...]], None]
"""Called with an equation, its inputs, its outputs, its inputs' origins and what is around it."""


@dataclass(frozen=True)
class Replay:
    """Runs a jaxpr one equation at a time; `visit` sees each equation that is not entered."""

    visit: Visit
    enter: Callable[[Any], bool] = lambda _: True
    """Whether to enter an equation's own jaxprs; the others run in one piece."""
    enters_rules: bool = False
    """Enter the function that a custom rule stands for, too."""
    longest_scan: int = LONGEST_SCAN
    is_telling: Callable[[list[Any]], bool] | None = None
    """Of a longer scan, enter the first step whose outputs this says yes to, instead of those."""

    def run(
        self,
        jaxpr: Any,
        args: Sequence[Any],
        origins: Sequence[Origin],
        path: tuple[Any, ...] = (),
    ) -> tuple[list[Any], list[Origin]]:
        """Run a closed jaxpr on values; gives its outputs and their origins."""
        constants_in = zip(jaxpr.constvars, jaxpr.consts, strict=True)
        env = {var: (value, CONSTANT) for var, value in constants_in}
        env |= dict(zip(jaxpr.invars, zip(args, origins, strict=True), strict=True))

        def read(var: Any) -> tuple[Any, Origin]:
            return (var.val, CONSTANT) if is_literal(var) else env[var]

        for equation in jaxpr.eqns:
            read_in = [read(var) for var in equation.invars]
            values, sources = [value for value, _ in read_in], [source for _, source in read_in]
            done = self.entered(equation, values, sources, (*path, equation))
            if done is None:
                out = evaluate(equation, values)
                self.visit(equation, values, out, sources, path)
                done = out, [origin_of(equation, values, value, sources) for value in out]
            env |= dict(zip(equation.outvars, zip(*done, strict=True), strict=True))
        read_out = [read(var) for var in jaxpr.outvars]
        return [value for value, _ in read_out], [source for _, source in read_out]

    def entered(  # noqa: PLR0911 - one return a kind of equation
        self, equation: Any, values: list[Any], sources: list[Origin], here: tuple[Any, ...]
    ) -> tuple[list[Any], list[Origin]] | None:
        """Run what is inside an equation; None for one without an inside."""
        kind, params = equation.primitive.name, equation.params
        if not self.enter(equation):
            return None
        if kind in INLINE:
            return self.run(params[INLINE[kind]], values, sources, here)
        if kind in RULES and self.enters_rules:
            return self.run(replaced_function(equation), values, sources, here)
        if kind == "cond":
            branches = params["branches"]
            chosen = branches[min(max(int(values[0]), 0), len(branches) - 1)]
            return self.run(chosen, values[1:], sources[1:], here)
        if kind == "scan":
            return self.scan(equation, values, sources, here)
        if kind == "while":
            self.first_turn(equation, values, sources, here)
            return in_one_piece(equation, values, sources)
        return None

    def scan(
        self, equation: Any, values: list[Any], sources: list[Origin], here: tuple[Any, ...]
    ) -> tuple[list[Any], list[Origin]]:
        """Run a scan step by step; of a long one only the first steps, then all in one piece."""
        params = equation.params
        n_consts, n_carry = scan_sizes(equation)
        xs = values[n_consts + n_carry :]
        carry, carry_from = values[n_consts : n_consts + n_carry], sources[n_consts:][:n_carry]
        xs_from = [Origin(source.leaves) for source in sources[n_consts + n_carry :]]
        order = list(range(params["length"]))[:: -1 if params["reverse"] else 1]
        is_long = len(order) > self.longest_scan
        ys: list[list[Any]] = []
        if is_long and self.is_telling is not None:
            carry, order = self.telling_step(equation, values, order)
        for step in order[:FIRST_STEPS] if is_long else order:
            args = [*values[:n_consts], *carry, *(x[step] for x in xs)]
            out, out_from = self.run(
                params["jaxpr"], args, [*sources[:n_consts], *carry_from, *xs_from], here
            )
            carry, carry_from = out[:n_carry], out_from[:n_carry]
            ys.append(out[n_carry:])
        whole, whole_from = (
            in_one_piece(equation, values, sources)
            if is_long or not ys
            else (
                [
                    *carry,
                    *(
                        jnp.stack(y)
                        for y in zip(*ys[:: -1 if params["reverse"] else 1], strict=True)
                    ),
                ],
                [CONSTANT.joined(sources)] * len(equation.outvars),
            )
        )
        return whole, whole_from

    def telling_step(
        self, equation: Any, values: list[Any], order: list[int]
    ) -> tuple[list[Any], list[int]]:
        """Carry and number of the first telling step of a scan; none if no step is."""
        n_consts, n_carry = scan_sizes(equation)
        consts, carry = values[:n_consts], values[n_consts : n_consts + n_carry]
        body = cast("Callable[..., list[Any]]", jax.jit(as_function(equation.params["jaxpr"])))
        assert self.is_telling is not None  # noqa: S101 - asked for by the caller
        for step in order:
            xs: list[Any] = [x[step] for x in values[n_consts + n_carry :]]
            out = body(*consts, *carry, *xs)
            if self.is_telling(out):
                return carry, [step]
            carry = out[:n_carry]
        return carry, []

    def first_turn(
        self, equation: Any, values: list[Any], sources: list[Origin], here: tuple[Any, ...]
    ) -> None:
        """Visit the first turn of a while loop, if there is one."""
        params = equation.params
        n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
        carry = values[n_cond + n_body :]
        (goes_on,) = as_function(params["cond_jaxpr"])(*values[:n_cond], *carry)
        if bool(goes_on):
            body = [*values[n_cond : n_cond + n_body], *carry]
            self.run(params["body_jaxpr"], body, sources[n_cond:], here)


def evaluate(equation: Any, values: Sequence[Any]) -> list[Any]:
    """Value of an equation; of a custom rule that of its function, which can always be run."""
    if equation.primitive.name in RULES:
        return list(as_function(replaced_function(equation))(*values))
    return bind(equation, values)


def in_one_piece(
    equation: Any, values: Sequence[Any], sources: Sequence[Origin]
) -> tuple[list[Any], list[Origin]]:
    """Value of an equation that is not entered any more, and its origins."""
    out = bind(equation, values)
    return out, [CONSTANT.joined(sources)] * len(out)


def origin_of(equation: Any, values: Sequence[Any], out: Any, sources: Sequence[Origin]) -> Origin:
    """Origin of an output; keeps the index through elementwise operations."""
    moving = [
        (value, source) for value, source in zip(values, sources, strict=True) if source.leaves
    ]
    keeps = (
        len(moving) == 1
        and moving[0][1].same_index
        and equation.primitive.name in ELEMENTWISE
        and jnp.shape(moving[0][0]) == jnp.shape(out)
    )
    return moving[0][1] if keeps else CONSTANT.joined(sources)


def scan_sizes(equation: Any) -> tuple[int, int]:
    """Numbers of constants and of carried values of a scan."""
    consts, carry, _ = equation.params["ft_in"].unpack()
    return len(consts), len(carry)


def user_place(equation: Any, path: Sequence[Any], file: str) -> Any:
    """Frame of `file` in which an equation was written, or the innermost around it that has one.

    Equations inside jnp's own jits have no frame of the user; libraries' frames count as the
    user's for JAX, and are left out here.
    """
    for candidate in (equation, *reversed(path)):
        frame = user_frame(candidate.source_info.traceback)
        if frame is not None and frame.file_name == file:
            return frame
    return None


def user_line(equation: Any, path: Sequence[Any], file: str) -> int | None:
    """Line of `user_place`."""
    frame = user_place(equation, path, file)
    return None if frame is None else frame.start_line


def is_transposed(equation: Any) -> bool:
    """Whether an equation belongs to the backward pass."""
    return "transpose" in str(equation.source_info.name_stack)


def replaced_function(equation: Any) -> Any:
    """Jaxpr of the function that a custom rule stands for."""
    return equation.params["call_jaxpr"]


def rule_name_and_place(equation: Any) -> tuple[str, str]:
    """Name of the function under a custom rule, and its `file:line`."""
    return name_and_place(replaced_function(equation).debug_info)


def name_and_place(debug_info: Any) -> tuple[str, str]:
    """Name of a traced function, and its `file:line`."""
    name, _, place = (debug_info.func_src_info or "").partition(" at ")
    return name, place


def is_literal(var: Any) -> bool:
    """Whether an equation's input is a constant in the text."""
    return isinstance(var, jec.Literal)


def as_function(jaxpr: Any) -> Callable[..., list[Any]]:
    """A closed jaxpr as a function of its inputs."""
    return cast("Callable[..., list[Any]]", jec.jaxpr_as_fun(jaxpr))


def closed_jaxpr(fn: Callable[..., Any], *args: Any) -> Any:
    """Trace `fn`; a new wrapper each time, so that no cached trace is given."""

    def wrapped(*at: Any) -> Any:
        return fn(*at)

    return jax.make_jaxpr(wrapped)(*args)
