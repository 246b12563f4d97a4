"""The whole chain of jobs, each in a plain process: what is asked, refused, timed and said."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.plan import plan
from jax_workbench.tools.errors import ToolError

pytestmark = pytest.mark.anyio

HEAD = "import jax, jax.numpy as jnp\n"
PRODUCT = HEAD + "def fn(x):\n    return jnp.tanh(x @ x)\n"
TWICE = HEAD + "def fn(x):\n    return jnp.tanh(((x @ x) @ x) @ jnp.linalg.inv(x))\n"
RENAMED = HEAD + "def fn(matrix):\n    product = matrix @ matrix\n    return jnp.tanh(product)\n"
OTHER = HEAD + "def fn(x):\n    return jnp.tanh(x @ x) + 1e-2\n"
ENDLESS = """
import jax, jax.numpy as jnp
def fn(x):
    return jax.lax.while_loop(lambda c: jnp.isfinite(c).all(), lambda c: c * 0.9, x)
"""
MATRIX = [{"shape": [96, 96]}]

type MakeJobs = Callable[..., Any]


def ask(*codes: str, **arguments: Any) -> BenchmarkFnAsk:
    """One call with variants a, b, c ..., short and on a small matrix unless said otherwise."""
    variants = [{"name": "abcdefgh"[i], "code": code} for i, code in enumerate(codes)]
    inputs = {} if "make_inputs" in arguments else {"inputs": MATRIX}
    return BenchmarkFnAsk.model_validate(
        {"variants": variants, "time_budget_s": 0.5, **inputs, **arguments}
    )


def verdicts(answer: BenchmarkFnAnswer) -> dict[str, tuple[str, str]]:
    assert answer.result
    return {c.candidate: (c.verdict, c.reason) for c in answer.result.comparisons}


def codes(answer: BenchmarkFnAnswer) -> set[str]:
    return {note.code for note in answer.notes}


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

    (kept,) = jobs.kept
    samples = json.loads(kept.content)
    assert kept.name == "samples.json"
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


async def test_rejected_candidates_have_reasons_and_the_baseline_is_still_measured(
    make_jobs: MakeJobs,
) -> None:
    answer = await plan(
        ask(
            PRODUCT,
            "def fn(x:\n",
            HEAD + "def fn(x):\n    jax.debug.print('hello')\n    return x\n",
            "import os\nos._exit(3)\n",
            HEAD + "def fn(x):\n    return x.sum()\n",
            OTHER,
        ),
        make_jobs(),
    )

    assert answer.status == "rejected"
    assert verdicts(answer) == {
        "b": ("rejected", "user_code_failed"),
        "c": ("rejected", "not_exportable"),
        "d": ("rejected", "worker_died"),
        "e": ("rejected", "signature_differs"),
        "f": ("rejected", "outputs_differ"),
    }
    assert codes(answer) >= {reason for _, reason in verdicts(answer).values()}
    assert answer.result
    assert [v.rejected is None for v in answer.result.variants] == [True] + [False] * 5
    assert answer.result.variants[0].wall_us is not None


@pytest.mark.parametrize(
    ("bad", "code", "says"),
    [
        pytest.param("def fn(x:\n", "user_code_failed", "SyntaxError", id="does not parse"),
        pytest.param(
            "def f(x):\n    return x\n", "user_code_failed", "no fn is defined", id="no fn"
        ),
        pytest.param(
            HEAD + "def fn(x):\n    jax.debug.print('hello')\n    return x\n",
            "unsupported",
            "host callbacks",
            id="not exportable",
        ),
        pytest.param("import os\nos._exit(3)\n", "worker_died", "3", id="dies"),
    ],
)
async def test_a_baseline_that_fails_is_the_error(
    bad: str, code: str, says: str, make_jobs: MakeJobs
) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        await plan(ask(bad, PRODUCT), make_jobs())

    assert caught.value.code == code
    assert caught.value.cause.startswith("Baseline a: ")


async def test_a_candidate_that_never_ends_is_rejected_and_the_rest_is_timed(
    make_jobs: MakeJobs,
) -> None:
    answer = await plan(ask(PRODUCT, ENDLESS), make_jobs(timeout_s=30))

    assert verdicts(answer) == {"b": ("rejected", "timed_out")}
    assert answer.result
    assert answer.result.variants[0].wall_us is not None


async def test_a_lone_variant_that_never_ends_is_timed_out(make_jobs: MakeJobs) -> None:
    with pytest.raises(ToolError) as caught:
        await plan(ask(ENDLESS), make_jobs(timeout_s=10))

    assert caught.value.code == "timed_out"


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
    (_, traced), (_, made), (_, timed) = jobs.ran
    assert functions == ["trace:run", "make_inputs:run", "timer:run"]
    assert jobs.ended == [work for work, _ in jobs.ran]
    assert traced["seed"] == 0
    assert len(set(made["seeds"]) - {0}) == 4
    assert len(timed["secret"]) == 32
    assert "code" not in json.dumps(timed)


async def test_inputs_that_ignore_their_seed_are_told(make_jobs: MakeJobs) -> None:
    maker = HEAD + "def make_inputs(seed):\n    return (jnp.ones((9, 9)),)\n"

    answer = await plan(ask(PRODUCT, make_inputs=maker), make_jobs())

    assert "inputs_not_random" in codes(answer)


async def test_inputs_of_another_shape_for_another_seed_are_a_bad_argument(
    make_jobs: MakeJobs,
) -> None:
    maker = HEAD + "def make_inputs(seed):\n    return (jnp.ones((9 + seed % 7, 9)),)\n"

    with pytest.raises(ToolError, match="other shapes or dtypes for another seed") as caught:
        await plan(ask(HEAD + "def fn(x):\n    return x.T @ x\n", make_inputs=maker), make_jobs())

    assert caught.value.code == "bad_argument"


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


async def test_a_run_that_the_calls_time_cuts_short_is_partial(make_jobs: MakeJobs) -> None:
    jobs = make_jobs(timeout_s=15)

    answer = await plan(ask(PRODUCT, min_effect=0.001, time_budget_s=100), jobs)

    assert answer.status == "partial"
    assert jobs.left_s() > 0
    assert answer.result
    assert answer.result.environment.measured_s < 15
    assert answer.result.variants[0].wall_us is not None


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param({"mode": "as_called"}, "unsupported", "as_called", id="as called"),
        pytest.param({"sweep": {"n": [1, 2]}}, "unsupported", "sweep over n", id="sweep"),
        pytest.param({"devices": 2}, "unsupported", "devices is 2", id="devices"),
        pytest.param({"baseline": "z"}, "bad_argument", "no variant is called z", id="baseline"),
        pytest.param({"inputs": []}, "bad_argument", "Neither inputs nor", id="no inputs"),
        pytest.param(
            {"make_inputs": "x", "inputs": MATRIX}, "bad_argument", "Both", id="both inputs"
        ),
    ],
)
async def test_what_cannot_be_done_is_said_before_any_job(
    arguments: dict[str, Any], code: str, says: str, make_jobs: MakeJobs
) -> None:
    jobs = make_jobs()

    with pytest.raises(ToolError, match=says) as caught:
        await plan(ask(PRODUCT, **arguments), jobs)

    assert caught.value.code == code
    assert jobs.ran == []


async def test_names_must_differ(make_jobs: MakeJobs) -> None:
    twice = [{"name": "a", "code": PRODUCT}] * 2

    with pytest.raises(ToolError, match="a is the name of more than one"):
        await plan(ask(variants=twice), make_jobs())


@pytest.mark.parametrize(
    "arguments",
    [
        {"variants": []},
        {"variants": [{"name": "a", "code": PRODUCT, "function": "fn"}]},
        {"variants": [{"name": "", "code": PRODUCT}]},
        {"time_budget_s": float("nan")},
        {"min_effect": 0},
        {"threads": -1},
    ],
)
def test_arguments_out_of_bounds_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ask(PRODUCT, **arguments)
