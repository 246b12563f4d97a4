"""What a plan can do with the jobs of its call, and what it cannot."""

import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import anyio
import pytest
from mcp import Client, types

from jax_workbench.sandbox.errors import JobFailed
from jax_workbench.sandbox.policy import JobSpec, Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.stopwatch import Stopwatch
from jax_workbench.server.watch import Watch
from jax_workbench.tools.contract import Jobs, Saved, Shape
from jax_workbench.tools.errors import ToolError
from tests.server.conftest import ECHO, EchoAnswer, EchoAsk, EchoResult, FakePool, MakeServer

pytestmark = pytest.mark.anyio

RUN = "20260101t000000-some_tool-0123456789abcdef"


@dataclass
class Clock:
    """Time that passes only when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@asynccontextmanager
async def jobs_on(
    pool: FakePool, clock: Callable[[], float] = time.monotonic, wall_s: float = 60
) -> AsyncGenerator[CallJobs]:
    """The jobs of one call in an entered pool."""
    held = BackgroundPool(pool)
    limits = Limits(wall_s=wall_s, memory_mib=64)
    async with anyio.create_task_group() as group:
        group.start_soon(held.hold)
        try:
            yield CallJobs(held, Watch(RUN), inputs={}, limits=limits, clock=Stopwatch(clock))
        finally:
            held.leave()


async def empty(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
    """Answer with nothing."""
    return {"value": {}}


async def test_a_job_that_gives_no_value_is_an_error_that_a_plan_can_take() -> None:
    async def dies(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        raise JobFailed("worker_died", "It ended with code 3.", "Try less.", stderr="last words")

    async with jobs_on(FakePool(dies)) as jobs:
        with pytest.raises(ToolError, match="It ended with code 3") as failed:
            await jobs.run("module:function", {})

    assert failed.value.code == "worker_died"
    assert "End of stderr:\nlast words" in failed.value.cause


def test_waiting_in_the_queue_costs_the_call_nothing() -> None:
    clock = Clock()
    stopwatch, job = Stopwatch(clock), object()

    clock.now += 1
    stopwatch.queue(job)
    clock.now += 100
    stopwatch.start(job)
    clock.now += 2
    stopwatch.leave(job)
    clock.now += 3

    assert stopwatch.elapsed_s() == 6


def test_a_queued_job_stops_the_clock_only_while_none_runs() -> None:
    clock = Clock()
    stopwatch, first, second = Stopwatch(clock), object(), object()

    stopwatch.start(first)
    stopwatch.queue(second)
    clock.now += 5
    stopwatch.leave(first)
    clock.now += 100

    assert stopwatch.elapsed_s() == 5


async def test_the_deadline_is_the_calls_and_shrinks_from_job_to_job() -> None:
    clock = Clock()

    async def behave(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        clock.now += 20
        return {"value": {}}

    pool = FakePool(behave)
    async with jobs_on(pool, clock, wall_s=50) as jobs:
        await jobs.run("m:f", {})
        await jobs.run("m:f", {}, timeout_s=7)
        await jobs.run("m:f", {}, timeout_s=100)
        with pytest.raises(ToolError, match="timed_out: The call used its 50 s"):
            await jobs.run("m:f", {})

    assert [spec.limits.wall_s for spec in pool.specs] == [50, 7, 10]


async def test_a_job_gets_its_lane_shape_blobs_and_switches() -> None:
    pool = FakePool(empty)
    shape = Shape(n_cores=1, devices=4)
    async with jobs_on(pool) as jobs:
        await jobs.run(
            "m:f",
            {"a": 1},
            blobs={"b": b"2"},
            lane="measuring",
            shape=shape,
            x64=True,
            seed=3,
        )

    (spec,) = pool.specs
    assert spec.argument == {"function": "m:f", "argument": {"a": 1}, "x64": True, "seed": 3}
    assert (spec.lane, spec.shape.n_cores, spec.shape.devices) == ("measuring", 1, 4)
    assert spec.blobs == {"b": b"2"}
    assert spec.limits.memory_mib == 64


async def test_facts_add_up_over_the_jobs_of_a_call() -> None:
    async with jobs_on(FakePool(empty)) as jobs:
        await jobs.run("m:f", {})
        await jobs.run("m:f", {})

        facts = jobs.facts
        assert (facts.wall_s, facts.queue_s, facts.cpu_s) == (1.0, 0.5, 0.8)
        assert (facts.peak_rss_mib, facts.device, facts.platform) == (100, "fake", "cpu")


async def plan(ask: EchoAsk, jobs: Jobs) -> EchoAnswer:
    """Two jobs side by side, one artifact."""
    async with anyio.create_task_group() as group:
        for name in ("one", "two"):
            group.start_soon(jobs.run, f"m:{name}", dict[str, Any]())
    jobs.progress("putting it together")
    uri = jobs.keep(Saved("report.txt", b"all", "text/plain"))
    return EchoAnswer(status="ok", summary=ask.code, result=EchoResult(said=uri))


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make echo_code a tool with a plan."""
    module = ModuleType("sample_plan")
    module.plan = plan  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "sample_plan", module)
    tools = (replace(ECHO, work="", plan="sample_plan:plan"),)
    monkeypatch.setattr("tests.server.conftest.TOOLS", tools)


@pytest.mark.usefixtures("planned")
async def test_a_plan_puts_the_answers_of_its_jobs_together(make_server: MakeServer) -> None:
    pool = FakePool(empty)
    async with Client(make_server(pool)) as client:
        got = await client.call_tool("echo_code", {"code": "both"})
        assert got.structured_content is not None
        uri = got.structured_content["result"]["said"]
        (kept,) = (await client.read_resource(uri)).contents

    assert {spec.argument["function"] for spec in pool.specs} == {"m:one", "m:two"}
    assert isinstance(kept, types.TextResourceContents)
    assert kept.text == "all"
    assert got.structured_content["artifacts"][0]["uri"] == uri
    assert got.structured_content["run"]["cpu_s"] == 0.8


@pytest.mark.usefixtures("planned")
async def test_one_failing_job_of_several_ends_the_call_with_its_own_error(
    make_server: MakeServer,
) -> None:
    async def behave(spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        if spec.argument["function"] == "m:one":
            error = {"code": "unsupported", "cause": "No such thing.", "next_step": "Do else."}
            return {"error": error}
        await anyio.sleep_forever()
        raise AssertionError

    pool = FakePool(behave)
    async with Client(make_server(pool)) as client:
        got = await client.call_tool("echo_code", {"code": "both"})

    assert isinstance(got.content[0], types.TextContent)
    assert got.content[0].text == "unsupported: No such thing. Do else."
    assert pool.n_killed == 1
