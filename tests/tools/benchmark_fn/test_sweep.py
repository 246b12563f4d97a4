"""Sweeps: the whole chain at each size, and how the sizes are put together."""

from collections.abc import Callable
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.plan import plan
from tests.tools.benchmark_fn.asking import HEAD, PRODUCT, RENAMED, ask, codes

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]

SQUARE = [{"shape": ["n", "n"]}]


async def test_each_size_is_traced_drawn_and_timed_on_its_own(make_jobs: MakeJobs) -> None:
    jobs = make_jobs()

    answer = await plan(
        ask(PRODUCT, RENAMED, inputs=SQUARE, sweep={"n": [32, 16]}, time_budget_s=0.2), jobs
    )

    assert answer.status == "compared"
    assert answer.result
    assert [(v.name, v.size) for v in answer.result.variants] == [
        ("a", 16),
        ("b", 16),
        ("a", 32),
        ("b", 32),
    ]
    assert [(c.size, c.verdict) for c in answer.result.comparisons] == [(16, "same"), (32, "same")]
    assert answer.result.environment.inputs == ("args[0]: float32[32,32]",)
    timed = [argument for work, argument in jobs.ran if "timer" in work]
    assert len({argument["secret"] for argument in timed}) == 2
    assert [argument["alpha"] for argument in timed] == [0.01, 0.01]
    assert sorted(saved.name for saved in jobs.kept) == [
        "reproduce.py",
        "samples_n_16.json",
        "samples_n_32.json",
        "timing.png",
    ]
    assert "b is same at every size" in answer.summary
    assert "scaling_not_fitted" in codes(answer)


async def test_make_inputs_gets_the_size_by_name(make_jobs: MakeJobs) -> None:
    maker = (
        HEAD
        + "def make_inputs(seed, n):\n"
        + "    return (jax.random.normal(jax.random.key(seed), (n, 3)),)\n"
    )
    code = HEAD + "def fn(x):\n    return x.T @ x\n"

    answer = await plan(ask(code, make_inputs=maker, sweep={"n": [7]}), make_jobs())

    assert answer.result
    assert answer.result.environment.inputs == ("args[0]: float32[7,3]",)


async def test_a_size_that_fails_ends_the_sweep_and_what_was_measured_is_kept(
    make_jobs: MakeJobs,
) -> None:
    code = HEAD + "def fn(x):\n    assert len(x) < 30, 'too large for me'\n    return x @ x\n"

    answer = await plan(ask(code, inputs=SQUARE, sweep={"n": [16, 32]}), make_jobs())

    assert answer.status == "partial"
    assert answer.result
    assert [v.size for v in answer.result.variants] == [16]
    assert "sweep_cut_short" in codes(answer)
    assert any("too large for me" in note.text for note in answer.notes)
