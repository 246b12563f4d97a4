"""Who runs when."""

import anyio
import pytest

from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.lanes import Lanes
from jax_workbench.sandbox.policy import Lane

pytestmark = pytest.mark.anyio


class Log:
    """What happened, in order; each job runs until it is told to end."""

    def __init__(self, lanes: Lanes) -> None:
        """Nothing yet."""
        self.lanes = lanes
        self.events: list[str] = []
        self.ends: dict[str, anyio.Event] = {}
        self.places: dict[str, list[int]] = {}

    async def job(self, name: str, lane: Lane, client: str = "") -> None:
        """Run until `ends[name]` is set."""
        self.ends[name] = anyio.Event()
        self.places[name] = []
        async with self.lanes.enter(lane, self.places[name].append, client):
            self.events.append(f"{name} runs")
            await self.ends[name].wait()
        self.events.append(f"{name} ends")

    async def refill(self) -> None:
        """Start a worker, as the pool would."""
        async with self.lanes.refill():
            self.events.append("refill")


async def settle() -> None:
    for _ in range(10):
        await anyio.lowlevel.checkpoint()


async def test_shared_jobs_run_side_by_side_up_to_the_limit() -> None:
    log = Log(Lanes(n_shared=2, max_queued=9))
    async with anyio.create_task_group() as group:
        for name in ("a", "b", "c"):
            group.start_soon(log.job, name, "shared")
            await settle()
        assert log.events == ["a runs", "b runs"]
        assert log.places["c"] == [1]
        log.ends["a"].set()
        await settle()
        assert log.events[-1] == "c runs"
        group.cancel_scope.cancel()


async def test_a_measuring_job_runs_alone_and_stops_new_admissions() -> None:
    log = Log(Lanes(n_shared=2, max_queued=9))
    async with anyio.create_task_group() as group:
        order: tuple[tuple[str, Lane], ...] = (
            ("a", "shared"),
            ("m", "measuring"),
            ("b", "shared"),
        )
        for name, lane in order:
            group.start_soon(log.job, name, lane)
            await settle()
        assert log.events == ["a runs"]
        log.ends["a"].set()
        await settle()
        assert log.events[-1] == "m runs"
        log.ends["m"].set()
        await settle()
        assert log.events[-2:] == ["m ends", "b runs"] or log.events[-2:] == ["b runs", "m ends"]
        group.cancel_scope.cancel()


async def test_no_worker_is_started_while_a_job_measures_or_waits_to() -> None:
    log = Log(Lanes(n_shared=2, max_queued=9))
    async with anyio.create_task_group() as group:
        group.start_soon(log.job, "a", "shared")
        await settle()
        group.start_soon(log.job, "m", "measuring")
        await settle()
        group.start_soon(log.refill)
        await settle()
        assert "refill" not in log.events
        log.ends["a"].set()
        await settle()
        assert log.events[-1] == "m runs"
        log.ends["m"].set()
        await settle()
        assert "refill" in log.events
        group.cancel_scope.cancel()


async def test_a_measuring_job_waits_for_a_refill_that_has_begun() -> None:
    lanes = Lanes(n_shared=2, max_queued=9)
    log = Log(lanes)
    async with anyio.create_task_group() as group:
        async with lanes.refill():
            group.start_soon(log.job, "m", "measuring")
            await settle()
            assert log.events == []
        await settle()
        assert log.events == ["m runs"]
        group.cancel_scope.cancel()


async def test_a_cancelled_wait_gives_its_place_to_the_next() -> None:
    log = Log(Lanes(n_shared=1, max_queued=9))
    async with anyio.create_task_group() as group:
        group.start_soon(log.job, "a", "shared")
        await settle()
        with anyio.move_on_after(0.01):
            await log.job("b", "measuring")
        group.start_soon(log.job, "c", "shared")
        await settle()
        log.ends["a"].set()
        await settle()
        assert log.events[-1] == "c runs"
        group.cancel_scope.cancel()


async def test_a_full_queue_says_how_many_wait() -> None:
    log = Log(Lanes(n_shared=1, max_queued=1))
    async with anyio.create_task_group() as group:
        for name in ("a", "b"):
            group.start_soon(log.job, name, "shared")
            await settle()
        with pytest.raises(SandboxError) as refused:
            await log.job("c", "shared")
        assert refused.value.code == "device_busy"
        assert "1 jobs wait already" in refused.value.cause
        group.cancel_scope.cancel()


async def test_clients_take_turns_however_many_jobs_one_of_them_has() -> None:
    log = Log(Lanes(n_shared=1, max_queued=20))
    async with anyio.create_task_group() as group:
        for name, client in [*((f"a{i}", "a") for i in range(4)), ("b0", "b"), ("b1", "b")]:
            group.start_soon(log.job, name, "shared", client)
            await settle()
        for name in ("a0", "b0", "a1", "b1", "a2", "a3"):
            assert log.events[-1] == f"{name} runs"
            log.ends[name].set()
            await settle()


async def test_one_client_fills_at_most_half_of_the_queue() -> None:
    log = Log(Lanes(n_shared=1, max_queued=4))
    async with anyio.create_task_group() as group:
        for name in ("a0", "a1", "a2"):
            group.start_soon(log.job, name, "shared", "a")
            await settle()
        with pytest.raises(SandboxError, match="2 jobs of this client wait already") as caught:
            await log.job("a3", "shared", "a")
        assert caught.value.code == "device_busy"
        group.start_soon(log.job, "b0", "shared", "b")
        await settle()
        assert log.places["b0"] == [1]
        group.cancel_scope.cancel()
