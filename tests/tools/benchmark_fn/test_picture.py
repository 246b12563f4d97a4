"""The picture of a result: there for every kind of answer, and absent only with a note."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.picture import PLOT
from jax_workbench.tools.benchmark_fn.plan import plan
from jax_workbench.tools.benchmark_fn.plot import nice_ratios, round_numbers
from jax_workbench.tools.contract import JobResult
from jax_workbench.tools.errors import ToolError
from tests.tools.benchmark_fn.asking import OTHER, PRODUCT, RENAMED, ask, codes

pytestmark = pytest.mark.anyio

type MakeJobs = Callable[..., Any]

SQUARE = [{"shape": ["n", "n"]}]
CALLS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "alone": ((PRODUCT,), {}),
    "compared": ((PRODUCT, RENAMED), {}),
    "rejected": ((PRODUCT, OTHER), {}),
    "as called": ((PRODUCT, RENAMED), {"mode": "as_called"}),
    "sweep": ((PRODUCT, RENAMED), {"inputs": SQUARE, "sweep": {"n": [8, 16]}}),
    "odd names": ((PRODUCT, RENAMED), {}),
}


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("kind", CALLS)
async def test_every_answer_has_a_picture_of_readable_size(kind: str, make_jobs: MakeJobs) -> None:
    jobs = make_jobs()
    variants, arguments = CALLS[kind]
    asked = ask(*variants, **arguments)
    if kind == "odd names":
        renamed = [
            v.model_copy(update={"name": f"$x_{v.name}^" + "n" * 50}) for v in asked.variants
        ]
        asked = asked.model_copy(update={"variants": tuple(renamed)})

    answer = await plan(asked, jobs)

    (picture,) = [saved for saved in jobs.kept if saved.name == "timing.png"]
    width, height = size_of(picture.content)
    assert 400 < width < 1400
    assert 150 < height < 900
    assert len(picture.content) < 150_000
    assert "picture_missing" not in codes(answer)


async def test_a_picture_that_fails_costs_nothing_but_itself(
    make_jobs: MakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = make_jobs()
    run = jobs.run

    async def broken(work: str, argument: Any, **options: Any) -> JobResult:
        if work == PLOT:
            raise ToolError("worker_died", "The process ended with signal 9.", "Call again.")
        return await run(work, argument, **options)

    monkeypatch.setattr(jobs, "run", broken)
    answer = await plan(ask(PRODUCT), jobs)

    assert answer.status == "measured"
    assert "picture_missing" in codes(answer)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.93, 1.07, [0.95, 1.0, 1.05]),
        (0.3, 1.2, [0.4, 0.6, 0.8, 1.0, 1.2]),
        (0.5, 40.0, [1.0, 4.0, 16.0]),
        (0.5, 20.0, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]),
    ],
)
def test_ratios_on_the_axis_are_round_and_contain_one(
    low: float, high: float, expected: list[float]
) -> None:
    assert nice_ratios(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.18, 9.4, [0.2, 0.5, 1.0, 2.0, 5.0]),
        (3.0, 40.0, [5.0, 10.0, 20.0]),
        (0.05, 900.0, [0.1, 1.0, 10.0, 100.0]),
    ],
)
def test_times_on_the_axis_are_few_and_round(
    low: float, high: float, expected: list[float]
) -> None:
    assert round_numbers(low, high) == pytest.approx(expected)
