"""What the plan makes of one job, with jobs that answer as they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from jax_workbench.tools.contract import JobResult, Measured, Saved, Shape
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_jax_code import TOOL, RunJaxCodeAnswer, RunJaxCodeAsk
from jax_workbench.tools.run_jax_code.plan import WORK, plan

pytestmark = pytest.mark.anyio

MEASURED = Measured(
    wall_s=0.1234, queue_s=0, cpu_s=0.1, peak_rss_mib=10, device="cpu", platform="cpu"
)


@dataclass
class OneJob:
    """Gives one result; keeps what was asked and kept."""

    value: dict[str, Any]
    saved: tuple[Saved, ...] = ()
    stdout: str = ""
    stderr: str = ""
    is_truncated: bool = False
    inputs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    kept: list[Saved] = field(default_factory=list[Saved])

    async def run(self, work: str, argument: Mapping[str, Any], **more: Any) -> JobResult:
        """Answer as told."""
        self.asked.append((work, dict(argument), more))
        return JobResult(
            self.value,
            self.saved,
            self.stdout,
            self.stderr,
            self.is_truncated,
            self.is_truncated,
            MEASURED,
        )

    def left_s(self) -> float:
        """Say that there is time."""
        return 60.0

    def progress(self, message: str) -> None:
        """Hear nothing."""

    def keep(self, saved: Saved) -> str:
        """Keep it."""
        self.kept.append(saved)
        return saved.name


def ran(value: Any = None, value_repr: str = "", notes: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"value": value, "value_repr": value_repr, "notes": list(notes)}


async def answer(jobs: OneJob, **arguments: Any) -> RunJaxCodeAnswer:
    return await plan(RunJaxCodeAsk.model_validate({"code": "1"} | arguments), jobs)


async def test_the_job_gets_the_code_the_files_and_the_options() -> None:
    jobs = OneJob(ran(), inputs={"a.csv": b"1"})

    await answer(jobs, code="x", devices=4, x64=True, seed=7)

    (asked,) = jobs.asked
    assert asked == (
        WORK,
        {"code": "x"},
        {"blobs": {"a.csv": b"1"}, "shape": Shape(devices=4), "x64": True, "seed": 7},
    )


async def test_the_answer_holds_the_jobs_words_and_the_hosts() -> None:
    note = {"code": "large_integer", "severity": "info", "text": "Large."}
    jobs = OneJob(ran([1], "[1]", (note,)), stdout="out\n", is_truncated=True)

    got = await answer(jobs)

    assert got.status == "ok"
    assert got.result is not None
    assert got.result.model_dump() == {
        "value": [1],
        "value_repr": "[1]",
        "stdout": "out\n",
        "stderr": "",
        "stdout_truncated": True,
        "stderr_truncated": True,
    }
    assert [n.code for n in got.notes] == ["large_integer", "stdout_truncated", "stderr_truncated"]


async def test_what_the_job_saved_becomes_artifacts() -> None:
    saved = (Saved("figure-1.png", b"png", "image/png"), Saved("a.csv", b"1", "text/csv"))
    jobs = OneJob(ran(), saved=saved)

    got = await answer(jobs)

    assert tuple(jobs.kept) == saved
    assert got.summary == "No value, nothing printed; 2 artifacts (0.123 s wall)."


@pytest.mark.parametrize(
    ("value", "stdout", "summary"),
    [
        (ran(3, "3"), "printed\n", "Value 3 (0.123 s wall)."),
        (ran("a", "a  \n b"), "", "Value a b (0.123 s wall)."),
        (ran("x", "x" * 200), "", f"Value {'x' * 160}... (0.123 s wall)."),
        (ran(None, "None"), "a\nb\n", "No value; printed 2 lines, the last: b (0.123 s wall)."),
        (ran(), "a\n", "No value; printed a line: a (0.123 s wall)."),
        (ran(), "  \n", "No value, nothing printed (0.123 s wall)."),
    ],
)
async def test_the_summary_says_what_came_of_it(
    value: dict[str, Any], stdout: str, summary: str
) -> None:
    got = await answer(OneJob(value, stdout=stdout))

    assert got.summary == summary


async def test_simulated_devices_are_named_as_such() -> None:
    assert [note.code for note in (await answer(OneJob(ran()), devices=2)).notes] == [
        "simulated_devices"
    ]
    assert (await answer(OneJob(ran()), devices=1)).notes == ()


@pytest.mark.parametrize(
    ("code", "suggested"),
    [
        ("t = time.perf_counter()", ["benchmark_fn"]),
        ("timeit.timeit(f)", ["benchmark_fn"]),
        ("start = time.time()", ["benchmark_fn"]),
        ("timeline = 3; my.time.timer", []),
        ("jnp.sum(x)", []),
    ],
)
async def test_code_that_reads_a_clock_is_shown_the_tool_that_measures(
    code: str, suggested: list[str]
) -> None:
    got = await answer(OneJob(ran()), code=code)

    assert [step.tool for step in got.next] == suggested


@pytest.mark.parametrize(
    "value",
    [
        {},
        ran() | {"status": "ok"},
        ran(value_repr="x" * 10_000),
        ran(notes=({"code": "Not A Code", "severity": "info", "text": "no"},)),
        ran(notes=({"code": "a", "severity": "info", "text": "no"},) * 100),
    ],
    ids=["empty", "unknown field", "long repr", "odd note", "many notes"],
)
async def test_a_job_that_answers_in_another_form_is_no_answer(value: dict[str, Any]) -> None:
    with pytest.raises(ToolError) as raised:
        await answer(OneJob(value))

    assert raised.value.code == "worker_died"


def test_the_description_is_short_and_names_the_libraries() -> None:
    for library in ("jax", "nnx", "optax", "orbax", "numpyro", "nlsq", "diffrax", "optimistix",
                    "equinox", "lineax", "scipy", "numpy", "matplotlib"):  # fmt: skip
        assert library in TOOL.description
    assert len(TOOL.description) <= 600
