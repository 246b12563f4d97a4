"""What is refused or rejected on the way, each job in a plain process."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from jax_workbench.tools.benchmark_fn.plan import plan
from jax_workbench.tools.errors import ToolError
from tests.tools.benchmark_fn.asking import (
    ENDLESS,
    HEAD,
    MATRIX,
    OTHER,
    PRODUCT,
    ask,
    codes,
    verdicts,
)

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]


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


async def test_inputs_of_another_shape_for_another_seed_are_a_bad_argument(
    make_jobs: MakeJobs,
) -> None:
    maker = HEAD + "def make_inputs(seed):\n    return (jnp.ones((9 + seed % 7, 9)),)\n"

    with pytest.raises(ToolError, match="other shapes or dtypes for another seed") as caught:
        await plan(ask(HEAD + "def fn(x):\n    return x.T @ x\n", make_inputs=maker), make_jobs())

    assert caught.value.code == "bad_argument"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(
            {"sweep": {"n": [1, 2]}}, "bad_argument", "no shape of inputs names n", id="sweep"
        ),
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
