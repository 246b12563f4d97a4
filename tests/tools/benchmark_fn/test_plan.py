"""The whole chain of jobs, each in a plain process: what is asked, timed and said."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.plan import plan
from tests.tools.benchmark_fn.asking import (
    HEAD,
    OTHER,
    PRODUCT,
    RENAMED,
    TWICE,
    ask,
    codes,
    verdicts,
)

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]


async def test_a_lone_variant_is_measured_with_its_interval(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()

    answer = await plan(ask(PRODUCT), jobs)

    assert answer.status == "measured"
    assert answer.result
    (found,) = answer.result.variants
    assert found.wall_us
    assert 0 < found.wall_us.min <= found.wall_us.q10 <= found.wall_us.median <= found.wall_us.q90
    assert found.wall_us.ci_low <= found.wall_us.median <= found.wall_us.ci_high
    assert found.n_blocks > 10
    assert found.flops == pytest.approx(2 * 96**3, rel=0.02)
    assert found.output_bytes == 96 * 96 * 4
    assert (found.trust, found.rejected) == ("isolated", None)
    assert answer.result.environment.inputs == ("args[0]: float32[96,96]",)
    assert answer.result.environment.n_cores == 1
    assert all(check.ok for check in answer.result.checks)


async def test_samples_hold_every_timed_block(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()

    answer = await plan(ask(PRODUCT, RENAMED), jobs)

    (kept,) = [saved for saved in jobs.kept if saved.name == "samples.json"]
    samples = json.loads(kept.content)
    assert answer.result
    assert samples["variants"] == ["a", "b"]
    assert len(samples["wall_ns"]) == sum(v.n_blocks for v in answer.result.variants)


async def test_the_same_program_is_the_same_without_a_clock(make_jobs: MakeJobs) -> None:
    answer = await plan(ask(PRODUCT, RENAMED), make_jobs())

    assert answer.status == "compared"
    assert verdicts(answer) == {"b": ("same", "identical_program")}


async def test_more_work_is_slower_and_the_ratio_is_candidate_over_baseline(
    make_jobs: MakeJobs,
) -> None:
    answer = await plan(
        ask(PRODUCT, TWICE, inputs=[{"shape": [96, 96], "distribution": "spd"}], rtol=1e-2),
        make_jobs(),
    )

    assert verdicts(answer) == {"b": ("slower", "beyond_min_effect")}
    assert answer.result
    (found,) = answer.result.comparisons
    assert found.time_ratio is not None
    assert found.time_ratio > 1.5
    assert "b is" in answer.summary
    assert "times as slow" in answer.summary


async def test_any_variant_can_be_the_baseline(make_jobs: MakeJobs) -> None:
    answer = await plan(ask(PRODUCT, RENAMED, baseline="b"), make_jobs())

    assert answer.result
    assert [(c.baseline, c.candidate) for c in answer.result.comparisons] == [("b", "a")]


async def test_the_secret_is_made_after_the_tracers_ended_and_never_told_to_them(
    make_jobs: MakeJobs,
) -> None:
    jobs = make_jobs()
    maker = (
        HEAD
        + "def make_inputs(seed):\n    return (jax.random.normal(jax.random.key(seed), (9, 9)),)\n"
    )

    await plan(ask(PRODUCT, make_inputs=maker), jobs)

    functions = [work.rpartition(".")[2] for work, _ in jobs.ran]
    (_, traced), (_, made), (_, timed), _ = jobs.ran
    assert functions == ["trace:run", "make_inputs:run", "timer:run", "plot:run"]
    assert jobs.ended == [work for work, _ in jobs.ran]
    assert traced["seed"] == 0
    assert len(set(made["seeds"]) - {0}) == 4
    assert len(timed["secret"]) == 32
    assert "code" not in json.dumps(timed)


async def test_inputs_that_ignore_their_seed_are_told(make_jobs: MakeJobs) -> None:
    maker = HEAD + "def make_inputs(seed):\n    return (jnp.ones((9, 9)),)\n"

    answer = await plan(ask(PRODUCT, make_inputs=maker), make_jobs())

    assert "inputs_not_random" in codes(answer)


async def test_files_reach_the_code(make_jobs: MakeJobs) -> None:
    code = HEAD + "scale = float(open('inputs/scale').read())\ndef fn(x):\n    return x * scale\n"

    answer = await plan(ask(code), make_jobs(inputs={"scale": b"3"}))

    assert answer.status == "measured"


async def test_outputs_that_need_not_agree_are_told(make_jobs: MakeJobs) -> None:
    answer = await plan(ask(PRODUCT, OTHER, check_outputs=False), make_jobs())

    assert "outputs_not_checked" in codes(answer)
    assert verdicts(answer)["b"][0] != "rejected"


async def test_wide_floats_need_x64_and_get_it(make_jobs: MakeJobs) -> None:
    wide = [{"shape": [32, 32], "dtype": "float64"}]

    answer = await plan(ask(PRODUCT, inputs=wide, x64=True), make_jobs())

    assert answer.result
    assert answer.result.environment.outputs == ("result: float64[32,32]",)


async def test_backward_times_the_gradient_as_well(make_jobs: MakeJobs) -> None:
    code = HEAD + "def fn(x):\n    return (x @ x).sum()\n"

    answer = await plan(ask(code, backward=True), make_jobs())

    assert answer.result
    assert answer.result.environment.outputs == (
        "result[0]: float32[]",
        "result[1][0]: float32[96,96]",
    )


@pytest.mark.slow
async def test_a_run_that_the_calls_time_cuts_short_is_partial(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(timeout_s=60)

    answer = await plan(ask(PRODUCT, min_effect=0.001, time_budget_s=300), jobs)

    assert answer.status == "partial"
    assert jobs.left_s() > 0
    assert answer.result
    assert answer.result.environment.measured_s < 60
    assert answer.result.variants[0].wall_us is not None
