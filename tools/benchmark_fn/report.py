"""What the timer hands back. Runs in the timer."""

import os
from collections.abc import Sequence
from dataclasses import asdict

import jax
import numpy as np

from jax_workbench.tools.benchmark_fn.input_sets import are_equal
from jax_workbench.tools.benchmark_fn.line_up import Entrant, LineUp
from jax_workbench.tools.benchmark_fn.machine import this_machine
from jax_workbench.tools.benchmark_fn.measurement import Measurement
from jax_workbench.tools.benchmark_fn.messages import (
    Spread,
    TimedCheck,
    TimedVariant,
    TimerReport,
)
from jax_workbench.tools.benchmark_fn.prepare import Compiled, Loaded
from jax_workbench.tools.benchmark_fn.program_facts import Facts
from jax_workbench.tools.benchmark_fn.rounds import affinity
from jax_workbench.tools.benchmark_fn.statistics import centre
from jax_workbench.tools.benchmark_fn.work_messages import ProgramWork

MAX_LEAVES_SHOWN = 32


def report(line_up: LineUp, measurement: Measurement, floor_us: float) -> TimerReport:
    """Everything that was measured and found."""
    baseline = line_up.entrants[0].loaded
    assert baseline  # noqa: S101 - checked when read
    program, rounds = baseline.program, measurement.rounds
    ratios = [block.cpu_ns / block.wall_ns for block in rounds.blocks if block.wall_ns]
    return TimerReport(
        variants=tuple(timed_variant(entrant, measurement) for entrant in line_up.entrants),
        pairs=measurement.pairs,
        checks=(*line_up.checks, *rechecked(measurement)),
        dispatch_floor_us=floor_us,
        measured_s=measurement.measured_s,
        is_decided=measurement.is_decided,
        cpu_per_wall=float(np.median(ratios)) if ratios else None,
        n_sets=len(line_up.input_sets),
        inputs_are_equal=are_equal(line_up.input_sets),
        inputs=leaves(program.in_paths, program.facts.inputs),
        outputs=leaves(program.out_paths, program.facts.outputs),
        platform=jax.default_backend(),
        machine=this_machine(),
        n_cores=affinity(),
        xla_flags=os.environ.get("XLA_FLAGS", ""),
        n_rounds=rounds.n_rounds,
        n_compilations=measurement.compilations.n,
    )


def rechecked(measurement: Measurement) -> list[TimedCheck]:
    """How many timed calls were compared again; nothing where none was due or one failed."""
    has_failed = any(check.code == "timed_outputs_equal" for check in measurement.line_up.checks)
    if has_failed or not measurement.n_rechecked:
        return []
    text = f"Outputs of {measurement.n_rechecked} timed calls, picked at random, were right."
    return [TimedCheck(code="timed_outputs_equal", ok=True, text=text)]


def leaves(paths: Sequence[str], kinds: Sequence[str]) -> tuple[str, ...]:
    """Each leaf as `args[0]: float32[3]`, the first 32."""
    named = [f"{path}: {kind}" for path, kind in zip(paths, kinds, strict=True)]
    return tuple(named[:MAX_LEAVES_SHOWN])


def timed_variant(entrant: Entrant, measurement: Measurement) -> TimedVariant:
    """One variant: its program's facts, and its times where it was timed."""
    found = TimedVariant(name=entrant.name, refused=entrant.refused)
    if entrant.loaded:
        found = found.model_copy(update=program_facts(entrant.loaded, entrant.compiled))
    if entrant.compiled:
        found = found.model_copy(
            update={
                "compile_s": entrant.compiled.compile_s,
                "first_call_s": entrant.first_call_s,
                "temp_bytes": entrant.compiled.temp_bytes,
                "output_bytes": entrant.compiled.output_bytes,
            }
        )
    if entrant.refused is None and entrant in measurement.entrants and measurement.rounds.n_rounds:
        found = found.model_copy(update=times(measurement, measurement.entrants.index(entrant)))
    return found


def program_facts(loaded: Loaded, compiled: Compiled | None) -> dict[str, object]:
    """What is in the program."""
    facts, paths = loaded.program.facts, loaded.program.in_paths
    xla_flops = None if compiled is None else compiled.xla_flops
    return {
        "flops": float(facts.flops),
        "open_loops": facts.open_loops,
        "least_flops": float(min(facts.flops, xla_flops or 0.0)),
        "work": work_of(facts),
        "const_bytes": facts.const_bytes,
        "unused_inputs": tuple(paths[i] for i in facts.unused_inputs),
        "program": facts.program[:16],
    }


def work_of(facts: Facts) -> ProgramWork:
    """What a call computes and moves, and the census of its floats."""
    kinds = (kind.removeprefix("complex<").removesuffix(">") for kind in facts.dtypes)
    return ProgramWork(
        flops=facts.work.flops,
        is_lower_bound=facts.is_lower_bound,
        n_bytes=facts.work.n_bytes,
        dead_flops=facts.work.dead,
        fixed_flops=facts.work.n_fixed,
        hoisted_flops=facts.work.hoisted,
        uncounted=tuple(sorted(facts.uncounted)),
        float_types=tuple(sorted({kind for kind in kinds if "f" in kind})),
        dot_precision=facts.dot_precision,
    )


def times(measurement: Measurement, variant: int) -> dict[str, object]:
    """Spread of one variant's blocks by both clocks."""
    rounds = measurement.rounds
    wall, cpu = rounds.times_us(variant, "wall"), rounds.times_us(variant, "cpu")
    return {
        "wall_us": Spread(**asdict(centre(wall))),
        "cpu_us": Spread(**asdict(centre(cpu))) if np.all(cpu > 0) else None,
        "n_blocks": len(wall),
        "calls_per_block": rounds.n_calls[variant],
    }
