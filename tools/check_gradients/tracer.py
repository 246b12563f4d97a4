"""From the user's text to exported derivatives. Runs in a worker that is used for nothing else."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.check_gradients import in_process, jaxpr_reading, second_trace
from jax_workbench.tools.check_gradients.coarsest_float import coarsest_float
from jax_workbench.tools.check_gradients.hand_over import BYTES, save_values
from jax_workbench.tools.check_gradients.leaves import (
    Arguments,
    flatten_arguments,
    native_values,
    own_dtype,
)
from jax_workbench.tools.check_gradients.messages import (
    N_LEAVES,
    VALUES,
    Leaf,
    Refused,
    TraceAsk,
    Traced,
)
from jax_workbench.tools.check_gradients.precision import Setting, choose_precision, said_by
from jax_workbench.tools.check_gradients.programs import specs
from jax_workbench.tools.check_gradients.suspects import audit_rules
from jax_workbench.tools.check_gradients.user_call import FILE, load_call
from jax_workbench.tools.common.exported_program import write_program
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ToolError

SOLVERS = frozenset(("custom_linear_solve",))
SOLVER_LEAVES, LOOP_LEAVES = 1e-2, 1e-4
"""Conjugate gradients stop at a residual of 1e-5 by default, far from the solution's last digit."""
DRAWING = frozenset(("random_bits", "threefry2x32", "rng_bit_generator"))
NOT_REFUSED = ("serializ", "custom call", "callback")
"""Words by which an export says that a program can't leave; other errors are a mode's refusal."""


class CannotLeave(Exception):
    """The traced program can't be exported; it can still be checked where it is."""


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Export a function and its derivatives; says what they are called.

    Raises:
        ToolError: `user_code_failed` where the code raises, `bad_argument`.
    """
    started = time.monotonic()
    ask = TraceAsk.model_validate(argument)
    job.progress("running the module")
    fn, values = load_call(ask)
    arguments = flatten_arguments(values, ask.argnums)
    if not arguments.moving:
        return nothing_to_check(arguments, "no argument that is differentiated is floating-point")
    refuse_too_many(arguments)
    job.progress("tracing")
    setting = choose_precision(fn, arguments)
    with jax.enable_x64(ask.x64 or not setting.is_native):
        traced = describe(setting)
        if not setting.outputs:
            return nothing_to_check(arguments, "fn returns no floating-point output")
        if traced.nondeterministic:
            return traced.model_dump()
        traced = hand_out(setting, ask, traced, job)
    return traced.model_copy(update={"trace_s": time.monotonic() - started}).model_dump()


def refuse_too_many(arguments: Arguments) -> None:
    """Before anything is traced.

    Raises:
        ToolError: `bad_argument` above `N_LEAVES`.
    """
    if len(arguments.moving) > N_LEAVES:
        raise ToolError(
            "bad_argument",
            f"the arguments hold {len(arguments.moving)} floating-point arrays or numbers; "
            f"expected at most {N_LEAVES}.",
            "Choose some with `argnums`, or stack equal layers into one array.",
        )


def nothing_to_check(arguments: Arguments, why: str) -> dict[str, Any]:
    """Say that there is no derivative here."""
    return Traced(leaves=(), n_inputs=len(arguments.leaves), unsupported=why).model_dump()


def describe(setting: Setting) -> Traced:
    """What the plan and the judge must know of the function."""
    jaxpr, arguments = setting.jaxpr, setting.derivatives.arguments
    return Traced(
        leaves=tuple(
            Leaf(
                path=path,
                dtype=str(own_dtype(arguments.leaves[i])),
                shape=tuple(jnp.shape(arguments.leaves[i])),
            )
            for path, i in zip(arguments.paths, arguments.moving, strict=True)
        ),
        n_inputs=sum(int(np.size(x)) for x in setting.x),
        is_native=setting.is_native,
        native_reason=setting.reason,
        coarsest=coarsest_float(jaxpr, len(setting.x), FILE)
        if jaxpr and not setting.is_native
        else None,
        looseness=looseness(jaxpr) if jaxpr else 0.0,
        nondeterministic=second_trace.changed_constant(setting),
    )


def looseness(jaxpr: Any) -> float:
    """Relative error that loops which end by their data leave in the function."""
    loops = [path for e, path in jaxpr_reading.equations(jaxpr, in_rules=True) if is_loop(e)]
    solvers = [path for path in loops if any(e.primitive.name in SOLVERS for e in path)]
    return SOLVER_LEAVES if solvers else LOOP_LEAVES if loops else 0.0


def draws(jaxpr: Any) -> bool:
    """Whether random numbers are drawn: of another dtype they are other numbers."""
    return any(e.primitive.name in DRAWING for e, _ in jaxpr_reading.equations(jaxpr))


def is_loop(equation: Any) -> bool:
    """Whether the data decide the number of turns."""
    return equation.primitive.name == "while"


def hand_out(setting: Setting, ask: TraceAsk, traced: Traced, job: Job) -> Traced:
    """Export the programs and audit the rules; check here what can't leave."""
    try:
        if setting.jaxpr is None:
            raise CannotLeave("values decide what Python does, so it can't be traced")
        refused = export_programs(setting, ask, job)
    except CannotLeave as error:
        return in_process.check_here(setting, ask, traced, str(error), job)
    save_values(VALUES, {"x": setting.x, "h": setting.held}, job)
    audited = audit_rules(setting, ask, job)
    return traced.model_copy(update={"refused": refused, **audited})


def export_programs(setting: Setting, ask: TraceAsk, job: Job) -> Refused:
    """Save every program that JAX can make; says why the others can't be."""
    d = setting.derivatives
    at, w, x = specs([*setting.x, *setting.held]), setting.outputs, specs(setting.x)
    refused: dict[str, str] = {}
    try:
        job.save("primal", write_program(d.primal, at), BYTES)
    except Exception as error:  # noqa: BLE001 - the trace is there, so only leaving failed
        raise CannotLeave(said_by(error)) from None
    wanted = {"rev": ("vjp", d.vjp, [*at, *w]), "fwd": ("jvp", d.jvp, [*at, *x])}
    if ask.order > 1:
        wanted["order2"] = ("hvp", d.hvp, [*at, *w, *x])
    for mode, (name, fn, arguments) in wanted.items():
        if mode != "order2" and mode not in ask.modes:
            continue
        job.progress(f"tracing: {name}")
        try:
            job.save(name, write_program(fn, arguments), BYTES)
        except Exception as error:  # noqa: BLE001 - JAX's refusal of a mode is an answer
            refused[mode] = refusal_of(error)
    if not (setting.is_native or draws(setting.jaxpr)) and {"rev"} & {*ask.modes} - {*refused}:
        export_own_dtype(setting, ask, job)
    return Refused(**refused)


def refusal_of(error: Exception) -> str:
    """JAX's words. Raises CannotLeave where the derivative exists but can't be exported."""
    said = said_by(error)
    if any(word in said.lower() for word in NOT_REFUSED) and "differentiat" not in said.lower():
        raise CannotLeave(said) from None
    return said


def export_own_dtype(setting: Setting, ask: TraceAsk, job: Job) -> None:
    """Save the gradient in the arguments' own dtype; none where that is float64 already."""
    d = setting.derivatives
    with jax.enable_x64(ask.x64):
        x, held = (
            native_values(d.arguments, at) for at in (d.arguments.moving, d.arguments.passed)
        )
        if all(v.dtype in (np.float64, np.complex128) for v in x):
            return
        try:
            outputs = jax.eval_shape(d.primal, *x, *held)
            program = write_program(d.vjp, [*specs([*x, *held]), *outputs])
        except Exception as error:  # noqa: BLE001 - an extra; the verdict stands without it
            job.progress(f"not in its own dtype: {said_by(error)}")
            return
        job.save("own", program, BYTES)
