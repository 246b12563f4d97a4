"""What a job gets, how it ends, and what it leaves, in the real jail."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from jax_workbench.sandbox.errors import JobFailed, SandboxUnavailable
from jax_workbench.sandbox.policy import Limits, Shape
from jax_workbench.sandbox.pool import LocalPool
from tests.sandbox.conftest import job, plain_profile

pytestmark = pytest.mark.anyio


async def test_a_job_gets_its_argument_and_its_blobs(pool: LocalPool) -> None:
    spec = replace(job("echo", x=1.5, name="ä"), blobs={"a": b"123", "empty": b""})

    outcome = await pool.run(spec)

    assert outcome.value == {"argument": {"x": 1.5, "name": "ä"}, "blobs": {"a": 3, "empty": 0}}


async def test_output_progress_and_files_come_back(pool: LocalPool) -> None:
    heard: list[str] = []

    outcome = await pool.run(job("speak", out="to out", err="to err"), on_progress=heard.append)

    assert outcome.stdout == "to out\n"
    assert outcome.stderr == "to err\n"
    assert heard == ["half way"]
    assert [(blob.name, blob.content) for blob in outcome.saved] == [("a.bin", b"\x00\x01")]


async def test_what_the_host_measured_comes_with_the_outcome(pool: LocalPool) -> None:
    outcome = await pool.run(job("sleep", s=0.05))

    assert outcome.measured.wall_s >= 0.05
    assert outcome.measured.cpu_s < outcome.measured.wall_s
    assert outcome.measured.peak_rss_mib > 1
    assert outcome.measured.device == "test"


async def test_a_flood_of_output_is_cut_in_the_middle_and_does_not_stop_the_job(
    pool: LocalPool,
) -> None:
    outcome = await pool.run(job("flood", mib=64))

    assert outcome.stdout_truncated
    assert len(outcome.stdout) < 66 * 1024
    assert "bytes left out" in outcome.stdout


@pytest.mark.parametrize("function", ["spin", "sleep"])
async def test_a_job_that_does_not_end_is_killed_at_its_wall_limit(
    pool: LocalPool, function: str
) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job(function, s=600, limits=Limits(wall_s=0.3)))

    assert failed.value.code == "timed_out"
    assert "0.3 s of wall time" in failed.value.cause
    assert failed.value.measured
    assert 0.3 <= failed.value.measured.wall_s < 5


async def test_the_cpu_limit_is_named_as_such(pool: LocalPool) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("burn", limits=Limits(wall_s=300, cpu_s=0.5)))

    assert failed.value.code == "timed_out"
    assert "CPU time" in failed.value.cause


async def test_a_job_that_signals_itself_is_not_taken_for_one_at_its_cpu_limit(
    pool: LocalPool,
) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("end", signal=signal.SIGXCPU))

    assert failed.value.code == "worker_died"
    assert "SIGXCPU" in failed.value.cause


async def test_the_cpu_limit_holds_where_its_signal_is_ignored(pool: LocalPool) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("spin", limits=Limits(wall_s=300, cpu_s=0.5)))

    assert failed.value.code == "timed_out"
    assert "CPU time" in failed.value.cause


async def test_private_memory_over_the_limit_is_refused_so_that_the_job_can_say_so(
    pool: LocalPool,
) -> None:
    limits = Limits(wall_s=3000, memory_mib=128)

    within = await pool.run(job("allocate", mib=64, limits=limits))
    over = await pool.run(job("allocate", mib=256, limits=limits))

    assert within.value["refused"] is False
    assert over.value == {"refused": True}


async def test_shared_memory_over_the_limit_is_killed_by_the_watchdog(pool: LocalPool) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("allocate_shared", mib=224, limits=Limits(wall_s=3000, memory_mib=32)))

    assert failed.value.code == "out_of_memory"
    assert "32 MiB" in failed.value.cause


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        pytest.param({"code": 0}, "exit code 0 before it gave a result", id="silent end"),
        pytest.param({"code": 3}, "exit code 3", id="exit code"),
        pytest.param({"signal": signal.SIGKILL}, "SIGKILL", id="killed itself"),
        pytest.param({"signal": signal.SIGSEGV}, "SIGSEGV", id="segmentation fault"),
        pytest.param({"signal": signal.SIGRTMIN + 5}, "signal 39", id="a signal without a name"),
    ],
)
async def test_a_worker_that_dies_is_told_by_how_it_died(
    pool: LocalPool, argument: dict[str, Any], says: str
) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("end", **argument))

    assert failed.value.code == "worker_died"
    assert says in failed.value.cause


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("7a00000001", id="unknown kind"),
        pytest.param("76ffffffff", id="giant length"),
        pytest.param("760000000141", id="not JSON"),
        pytest.param("76000000027b7d76", id="bytes after the result"),
        pytest.param("720000000024", id="second ready frame"),
    ],
)
async def test_a_forged_frame_is_a_dead_worker_not_a_result(pool: LocalPool, frame: str) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(job("raw_result", hex=frame))

    assert failed.value.code == "worker_died"
    assert "malformed result" in failed.value.cause


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(job("big_value", bytes=2**20 + 1), id="value"),
        pytest.param(
            job("save_much", n=3, bytes=2**20, limits=Limits(wall_s=3000, saved_mib=2)), id="bytes"
        ),
        pytest.param(
            job("save_much", n=5, bytes=1, limits=Limits(wall_s=3000, n_saved=4)), id="number"
        ),
    ],
)
async def test_too_much_of_a_result_is_refused_with_the_limit(
    pool: LocalPool, spec: object
) -> None:
    with pytest.raises(JobFailed) as failed:
        await pool.run(spec)  # type: ignore[arg-type]

    assert failed.value.code == "output_too_large"
    assert "limit is" in failed.value.cause


async def test_nothing_of_a_job_reaches_the_next_one(pool: LocalPool) -> None:
    with pytest.raises(JobFailed):
        await pool.run(job("leave_traces"))

    outcome = await pool.run(job("look_for_traces"))

    assert outcome.value == {"files": [], "environment": False, "patched": False, "cwd": "/tmp"}  # noqa: S108


async def test_a_worker_can_be_pinned_before_its_backend_starts(pool: LocalPool) -> None:
    spec = replace(job("affinity"), shape=Shape(n_cores=1))

    outcome = await pool.run(spec)

    assert outcome.value["cores"] == sorted(os.sched_getaffinity(0))[-1:]


async def test_cancelling_kills_the_job_and_returns_when_it_is_gone(pool: LocalPool) -> None:
    asleep = anyio.Event()
    jobs_before = 0

    with anyio.fail_after(300):
        async with anyio.create_task_group() as group:
            group.start_soon(_run, pool, asleep)
            await asleep.wait()
            jobs_before = _jailed_processes()
            group.cancel_scope.cancel()

    assert jobs_before >= 1
    assert pool.status().n_running == 0


async def test_what_a_job_leaves_on_the_way_is_there_when_it_is_cancelled(pool: LocalPool) -> None:
    left, drafts = anyio.Event(), list[bytes]()

    async def run() -> None:
        await pool.run(
            job("leave_drafts", s=600, limits=Limits(wall_s=600)),
            on_progress=lambda _said: left.set(),
            on_draft=lambda draft: drafts.append(draft.content),
        )

    with anyio.fail_after(300):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await left.wait()
            group.cancel_scope.cancel()

    assert drafts[-1] == b"late"


async def _run(pool: LocalPool, asleep: anyio.Event) -> None:
    await pool.run(
        job("sleep", s=600, limits=Limits(wall_s=600)), on_progress=lambda _said: asleep.set()
    )


def _jailed_processes() -> int:
    """Processes of this machine that sit in another pid namespace than ours."""
    ours = Path("/proc/self/ns/pid").readlink()
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found += (folder / "ns" / "pid").readlink() != ours
        except OSError:  # gone meanwhile, or not ours to look at
            found += os.geteuid() != 0
    return found


async def test_a_jail_that_can_not_be_built_is_named_with_its_remedy() -> None:
    broken = plain_profile(preload=("a_module_that_is_not_there",))

    async with LocalPool(broken) as pool:
        with anyio.fail_after(300), pytest.raises(SandboxUnavailable) as refused:
            await pool.run(job("echo"))

    assert "a_module_that_is_not_there" in refused.value.cause
    assert "reinstall" in refused.value.next_step


async def test_leaving_the_pool_leaves_no_process_and_no_descriptor() -> None:
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    async with LocalPool(plain_profile(), n_warm=2) as pool:
        await pool.run(job("echo"))
        zygote_pid = pool._zygote._process.pid  # type: ignore[union-attr]  # noqa: SLF001

    assert not os.path.exists(f"/proc/{zygote_pid}")  # noqa: ASYNC240, PTH110
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208
