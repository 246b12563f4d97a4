"""Functions timed as Python calls them, and what their own programs say of that."""

from collections.abc import Callable
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.as_called_timing import left_undone
from jax_workbench.tools.benchmark_fn.evidence import Timed
from jax_workbench.tools.benchmark_fn.messages import Spread, TimedVariant, TimerReport
from jax_workbench.tools.benchmark_fn.plan import plan
from tests.tools.benchmark_fn.asking import HEAD, PRODUCT, ask, codes

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]


def timed(wall_us: float, cpu_us: float | None, floor_us: float = 10.0) -> Timed:
    def spread(us: float) -> Spread:
        return Spread(min=us, q10=us, median=us, q90=us, ci_low=us, ci_high=us)

    variant = TimedVariant(
        name="a", wall_us=spread(wall_us), cpu_us=None if cpu_us is None else spread(cpu_us)
    )
    return Timed(TimerReport(variants=(variant,), dispatch_floor_us=floor_us), 0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("called", "program", "is_refused"),
    [
        pytest.param(timed(10, 10), timed(1000, 1000), True, id="both clocks"),
        pytest.param(timed(10, None), timed(1000, 1000), True, id="too short for the CPU clock"),
        pytest.param(timed(700, 950), timed(1000, 1000), False, id="one clock alone"),
        pytest.param(timed(1300, 1300), timed(1000, 1000), False, id="Python costs something"),
        pytest.param(timed(10, 10), timed(40, 40), False, id="near the floor"),
    ],
)
def test_a_call_that_beats_its_own_program_left_the_work_undone(
    called: Timed, program: Timed, *, is_refused: bool
) -> None:
    found = left_undone("a", called, program)

    assert (found is not None) is is_refused
    assert found is None or found.reason == "result_cache_or_deferred_work"


async def test_a_function_with_a_host_callback_is_timed_as_called(make_jobs: MakeJobs) -> None:
    code = HEAD + "import numpy as np\ndef fn(x):\n    return jnp.asarray(np.sort(x, axis=0))\n"

    answer = await plan(ask(code, mode="as_called"), make_jobs())

    assert answer.status == "measured"
    assert answer.result
    (found,) = answer.result.variants
    assert found.trust == "in_process"
    assert found.wall_us
    assert codes(answer) >= {"in_process", "not_cross_checked"}


async def test_other_outputs_are_rejected_as_called_too(make_jobs: MakeJobs) -> None:
    other = HEAD + "def fn(x):\n    return jnp.tanh(x @ x) + 1e-2\n"

    answer = await plan(ask(PRODUCT, other, mode="as_called"), make_jobs())

    assert answer.status == "rejected"
    assert answer.result
    assert [c.reason for c in answer.result.comparisons] == ["outputs_differ"]
    assert all(v.trust == "in_process" for v in answer.result.variants)
