"""Checks exported derivatives in a process that has not run user Python. Runs in a worker."""

import io
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import jax
import numpy as np
from jax import export

from jax_workbench.tools.check_gradients.check import Check
from jax_workbench.tools.check_gradients.directions import Vector
from jax_workbench.tools.check_gradients.evaluate import Clock, OutOfTime, Program
from jax_workbench.tools.check_gradients.messages import (
    VALUES,
    JudgeAsk,
    Judgement,
    Suspect,
)
from jax_workbench.tools.check_gradients.outcome import Precision
from jax_workbench.tools.check_gradients.record import Record
from jax_workbench.tools.check_gradients.rule_verdict import RuleAlone
from jax_workbench.tools.check_gradients.subject import Subject
from jax_workbench.tools.common.exported_program import float_types, read_program
from jax_workbench.tools.contract import Job

MLIR_NAMES = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16"}
EPS = {"float64": 2**-52, "float32": 2**-23, "bfloat16": 2**-7, "float16": 2**-10}
WIDE = 8
"""Bytes of a float64 and of a complex64; either is harmless under x64."""
REAL_OF = {"complex64": "float32", "complex128": "float64"}
RELATIVE, RELATIVE_NATIVE = 1e-6, 3e-5
"""Least tolerance of a comparison, relative to its scale."""
NAMES = ("primal", "vjp", "jvp", "hvp", "own")
"""Programs; only the first is always there."""


GRACE_S = 2.0
"""A single call of a program that does not end is waited for this long past the deadline."""


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Judge the programs in the job's blobs.

    Raises:
        ToolError: `unsupported` where a program is refused.
    """
    started = time.monotonic()
    job.progress("checking")
    ask = JudgeAsk.model_validate(argument)
    exported = {name: read_program(job.blobs[name]) for name in NAMES if name in job.blobs}
    ask = believed(ask, exported["primal"])
    programs = {
        name: as_program(program, x64=name != "own" and not ask.is_native)
        for name, program in exported.items()
    }
    clock = Clock(started + ask.deadline_s)
    record = Record(ask)
    rules = [read_rule(suspect, ask, clock, job) for suspect in ask.suspects]
    subject = subject_of(ask, programs, read_values(job.blobs[VALUES]), clock)
    return judged(Check(subject, record, rules), started).model_dump()


def judge_here(
    ask: JudgeAsk, programs: Mapping[str, Program], x: Vector, held: Vector, job: Job
) -> Judgement:
    """Judge functions in the process that traced them."""
    started = time.monotonic()
    job.progress("checking in process")
    subject = subject_of(ask, programs, (x, held), Clock(started + ask.deadline_s))
    return judged(Check(subject, Record(ask)), started)


def believed(ask: JudgeAsk, primal: export.Exported) -> JudgeAsk:
    """Take back what the tracer claims and the program does not show; claims widen tolerances."""
    has_loop = "stablehlo.while" in primal.mlir_module()
    real = REAL_OF.get(ask.coarsest, ask.coarsest)
    is_there = MLIR_NAMES.get(real) in float_types(primal)
    return ask.model_copy(
        update={
            "coarsest": real if is_there else "",
            "looseness": ask.looseness if has_loop else 0.0,
        }
    )


def as_program(exported: export.Exported, *, x64: bool) -> Program:
    """An exported program as a function of NumPy arrays."""
    compiled = jax.jit(exported.call)
    dtypes = [aval.dtype for aval in exported.in_avals]

    def call(*arguments: Any) -> Sequence[Any]:
        with jax.enable_x64(x64 or any(dtype.itemsize == WIDE for dtype in dtypes)):
            return cast(
                "Sequence[Any]",
                compiled(*(np.asarray(a, d) for a, d in zip(arguments, dtypes, strict=True))),
            )

    return call


def read_values(blob: bytes) -> tuple[Vector, Vector]:
    """Moving and held arrays of a blob; no pickles."""
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        names = stored.files
        count = {group: sum(name[0] == group for name in names) for group in "xh"}
        x, held = ([stored[f"{g}{i}"] for i in range(count[g])] for g in "xh")
    return x, held


def read_rule(suspect: Suspect, ask: JudgeAsk, clock: Clock, job: Job) -> RuleAlone:
    """A suspected rule with its programs and the inputs that it met."""
    programs = {
        name: as_program(read_program(job.blobs[f"{suspect.blob}_{name}"]), x64=not ask.is_native)
        for name in ("primal", "vjp")
    }
    values = read_values(job.blobs[f"{suspect.blob}_values"])
    return RuleAlone(suspect, subject_of(ask, programs, values, clock))


def subject_of(
    ask: JudgeAsk, programs: Mapping[str, Program], values: tuple[Vector, Vector], clock: Clock
) -> Subject:
    """A function at its point, in the precision that its program has."""
    name = ask.coarsest or ("float32" if ask.is_native else "float64")
    relative = max(RELATIVE_NATIVE if ask.is_native else RELATIVE, ask.looseness)
    precision = Precision(eps_of(name), relative, ask.is_native)
    return Subject(programs, *values, precision, clock, np.random.default_rng(ask.seed))


def eps_of(dtype: str) -> float:
    """Machine precision by name."""
    return EPS.get(REAL_OF.get(dtype, dtype), EPS["float64"])


def judged(check: Check, started: float) -> Judgement:
    """Run a check to its end or its deadline, and say what it found by then.

    The check has a thread of its own: a single call that does not come back can't be interrupted,
    and must not take along what was found before.
    """
    record, clock = check.record, check.subject.clock
    raised: list[BaseException] = []

    def work() -> None:
        try:
            # The setting belongs to the thread.
            with jax.enable_x64(not record.ask.is_native):
                check.run()
            record.is_incomplete = False
        except OutOfTime:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the job is
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(max(0.0, clock.deadline - time.monotonic()) + GRACE_S)
    if raised:
        raise raised[0]
    if record.is_incomplete:
        record.note(
            "budget_spent",
            f"The time ran out after {clock.evaluations} evaluations in "
            f"{len(record.outcomes)} directions; raise time_budget_s.",
            is_warning=True,
        )
    return record.judgement(clock.evaluations, time.monotonic() - started)
