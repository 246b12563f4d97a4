"""Code that tries to look fast: timed honestly or rejected with its reason, in the real sandbox."""

from collections.abc import Mapping
from typing import Any

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.watch import Watch
from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.plan import plan
from tests.tools.benchmark_fn.cheats import (
    HEAD,
    HONEST,
    LYING,
    REJECTED,
    REJECTED_TOO,
    SLOWER,
    TIMED_HONESTLY,
    UNCHEATED,
)

pytestmark = pytest.mark.anyio


async def benchmark(
    pool: BackgroundPool, cheats: Mapping[str, str], honest: str = HONEST
) -> BenchmarkFnAnswer:
    """The honest product against each of the cheats."""
    codes = {"honest": honest, **cheats}
    ask = BenchmarkFnAsk.model_validate(
        {
            "variants": [{"name": name, "code": code} for name, code in codes.items()],
            "inputs": [{"shape": [256, 256]}],
            "time_budget_s": 5,
            "timeout_s": 200,
        }
    )
    jobs = CallJobs(pool, Watch("cheats"), inputs={}, limits=Limits(wall_s=ask.timeout_s))
    return await plan(ask, jobs)


@pytest.fixture(scope="module")
async def timed(pool: BackgroundPool) -> BenchmarkFnAnswer:
    return await benchmark(pool, {name: SLOWER + code for name, code in TIMED_HONESTLY.items()})


@pytest.fixture(scope="module")
async def uncheated(pool: BackgroundPool) -> BenchmarkFnAnswer:
    return await benchmark(
        pool, {name: SLOWER + code for name, code in TIMED_HONESTLY.items()}, UNCHEATED
    )


@pytest.fixture(scope="module")
async def rejected(pool: BackgroundPool) -> BenchmarkFnAnswer:
    return await benchmark(pool, {name: HEAD + code for name, (_, code) in REJECTED.items()})


@pytest.fixture(scope="module")
async def rejected_too(pool: BackgroundPool) -> BenchmarkFnAnswer:
    return await benchmark(pool, {name: HEAD + code for name, (_, code) in REJECTED_TOO.items()})


@pytest.fixture(scope="module")
async def lying(pool: BackgroundPool) -> BenchmarkFnAnswer:
    return await benchmark(pool, {name: HEAD + code for name, (_, code) in LYING.items()})


def compared(answer: BenchmarkFnAnswer, name: str) -> Any:
    assert answer.result
    return next(c for c in answer.result.comparisons if c.candidate == name)


@pytest.mark.parametrize("name", TIMED_HONESTLY)
async def test_what_is_patched_or_kept_in_python_stays_behind(
    name: str, timed: BenchmarkFnAnswer
) -> None:
    found = compared(timed, name)

    assert (found.verdict, found.reason) == ("slower", "beyond_min_effect")
    assert found.time_ratio > 1.5


@pytest.mark.parametrize("name", TIMED_HONESTLY)
async def test_its_time_is_that_of_the_same_program_without_the_cheat(
    name: str, uncheated: BenchmarkFnAnswer
) -> None:
    found = compared(uncheated, name)

    assert found.verdict in {"same", "ambiguous"}  # a noisy host leaves it open, never faster


@pytest.mark.parametrize("name", REJECTED)
async def test_what_is_not_the_same_computation_is_rejected(
    name: str, rejected: BenchmarkFnAnswer
) -> None:
    found = compared(rejected, name)

    assert (found.verdict, found.reason) == ("rejected", REJECTED[name][0])
    assert found.time_ratio is None


@pytest.mark.parametrize("name", REJECTED_TOO)
async def test_what_computes_less_or_else_is_rejected(
    name: str, rejected_too: BenchmarkFnAnswer
) -> None:
    found = compared(rejected_too, name)

    assert (found.verdict, found.reason) == ("rejected", REJECTED_TOO[name][0])


@pytest.mark.parametrize("name", LYING)
async def test_a_tracer_that_lies_or_dies_gains_nothing(
    name: str, lying: BenchmarkFnAnswer
) -> None:
    found = compared(lying, name)

    assert (found.verdict, found.reason) == ("rejected", LYING[name][0])


async def test_the_honest_baseline_is_timed_whatever_the_others_do(
    rejected: BenchmarkFnAnswer, rejected_too: BenchmarkFnAnswer, lying: BenchmarkFnAnswer
) -> None:
    for answer in (rejected, rejected_too, lying):
        assert answer.status == "rejected"
        assert answer.result
        assert answer.result.variants[0].wall_us is not None
        reasons = {note.code for note in answer.notes}
        assert reasons >= {c.reason for c in answer.result.comparisons}
