# pyright: reportUnknownLambdaType=false
"""Which peaks are probed, that probes do what they count, and when there are none."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import export

from jax_workbench.tools.benchmark_fn.compilations import Compilations
from jax_workbench.tools.benchmark_fn.line_up import Entrant, LineUp
from jax_workbench.tools.benchmark_fn.messages import TimerAsk, TimerVariant
from jax_workbench.tools.benchmark_fn.prepare import compile_program, load
from jax_workbench.tools.benchmark_fn.program_facts import Work
from jax_workbench.tools.benchmark_fn.roofline import (
    MAX_SET_BYTES,
    MIN_SET_BYTES,
    Probe,
    Roofline,
    probed_types,
    stream,
)
from jax_workbench.tools.benchmark_fn.rounds import Block, Rounds

X = jax.ShapeDtypeStruct((96, 96), jnp.float32)


def roofline(times_us: Sequence[float], floor_us: float) -> Roofline:
    """The probes for one product whose calls took these times."""
    blob = bytes(export.export(jax.jit(square))(X).serialize())
    ask = TimerAsk(
        variants=(), draws=(), sets=(), secret="", budget_s=1, deadline_s=60, min_effect=0.02,
        alpha=0.02, rtol=None, check_outputs=True, n_cores=1, keep_samples=False,
    )  # fmt: skip
    variant = TimerVariant(name="a", blob="", in_paths=("args[0]",), out_paths=("result",))
    loaded = load(variant, blob)
    entrant = Entrant("a", loaded, compile_program(loaded))
    job: Any = None
    line_up = LineUp(ask, {}, job, entrants=[entrant])
    rounds = Rounds(calls=[entrant.compiled.call], input_sets=[], seed=0, n_calls=[1])  # pyright: ignore[reportOptionalMemberAccess]
    rounds.blocks = [Block(i, 0, 0, 0, int(t * 1e3), int(t * 1e3)) for i, t in enumerate(times_us)]
    return Roofline(line_up, rounds, floor_us)


def square(x: jax.Array) -> list[jax.Array]:
    return [x @ x]


def test_types_that_do_some_of_the_work_are_probed() -> None:
    assert probed_types([Work(flops={"f32": 100.0, "f64": 1.0})]) == ["f32"]
    assert probed_types([Work(flops={"f32": 90.0}), Work(flops={"bf16": 5.0})]) == ["bf16", "f32"]
    assert probed_types([Work(flops={"i32": 90.0})]) == ["f32"]


@pytest.mark.parametrize(
    ("touched", "probed"), [(0, MIN_SET_BYTES), (3 * 2**20, 3 * 2**20), (2**40, MAX_SET_BYTES)]
)
def test_memory_is_probed_at_the_size_that_a_call_touches(touched: int, probed: int) -> None:
    found = stream(touched)

    assert found.amount == pytest.approx(probed, rel=1e-4)
    assert sum(array.nbytes for array in found.arguments) == pytest.approx(probed * 2 / 3, rel=1e-4)
    assert float(found.call(*found.arguments)[0]) == 3.0


def test_a_rate_is_the_amount_over_the_median_block() -> None:
    probe = Probe(amount=100.0, call=square, arguments=(), n_calls=1, ns=[10.0, 20.0, 90.0])

    assert probe.rate() == 5.0


def test_peaks_are_taken_by_cpu_time_on_one_core_each_time_it_is_asked() -> None:
    found = roofline([500.0, 600.0], floor_us=10.0)
    assert found.peaks() is None

    found.measure()
    found.measure()

    peaks = found.peaks()
    assert peaks is not None
    assert set(peaks.gflops) == {"f32"}
    assert peaks.gflops["f32"] > 0
    assert peaks.gbps > 0
    assert peaks.n_blocks == 6
    assert peaks.by_cpu_time
    assert peaks.age_s >= 0


def test_calls_that_are_mostly_overhead_cost_no_probes() -> None:
    found = roofline([30.0, 40.0], floor_us=10.0)

    found.measure()

    assert found.peaks() is None
    assert not found.products


def test_only_what_is_compiled_inside_is_counted() -> None:
    counted = Compilations()
    jax.jit(lambda x: x + 3)(jnp.ones(3)).block_until_ready()
    with counted:
        jax.jit(lambda x: x + 5).lower(X).compile()
    jax.jit(lambda x: x + 4)(jnp.ones(3)).block_until_ready()

    assert counted.n == 1
