"""The pool over many jobs, and when something dies under it."""

import os
import resource
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.abc
import anyio.lowlevel
import pytest

from jax_workbench.sandbox import pool as pool_module
from jax_workbench.sandbox.errors import JobFailed, SandboxError
from jax_workbench.sandbox.policy import JobSpec, Limits, Outcome, Shape
from jax_workbench.sandbox.pool import LocalPool
from tests.processes import descendants, descriptors, zombies
from tests.sandbox.conftest import JAILED, job, plain_profile

pytestmark = pytest.mark.anyio
LONG = Limits(wall_s=600)


@pytest.fixture
async def filled() -> AsyncIterator[LocalPool]:
    """A pool whose two workers wait."""
    async with LocalPool(plain_profile(), n_warm=2) as running:
        await until(lambda: running.status().n_ready == 2)
        yield running


async def until(holds: Callable[[], object], limit_s: float = 300.0) -> None:
    """Return when `holds()` is true."""
    with anyio.fail_after(limit_s):
        while True:
            if holds():
                return
            await anyio.sleep(0.02)


def begin(
    ended: list[Outcome | SandboxError],
    pool: LocalPool,
    group: anyio.abc.TaskGroup,
    *specs: JobSpec,
) -> None:
    """Run `specs` side by side in `group`; how they ended comes into the list."""

    async def run(spec: JobSpec) -> None:
        try:
            ended.append(await pool.run(spec))
        except SandboxError as error:
            ended.append(error)

    for spec in specs:
        group.start_soon(run, spec)


def jail() -> dict[int, str]:
    """Every process below this one."""
    return descendants(os.getpid())


def zygote_and_guards() -> tuple[int, list[int]]:
    """What bubblewrap's own init has below it: the zygote, and the init of each worker."""
    init = max(pid for pid, name in jail().items() if name == "bwrap")
    zygote, *guards = sorted(pid for pid in descendants(init) if parent_of(pid) == init)
    return zygote, guards


def parent_of(pid: int) -> int | None:
    """None for a process that ended since it was listed, as one between a fork and its exit."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text.rpartition(")")[2].split()[1])


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """Room for 60 more: a leak of one a job does not get far, here and in the zygote."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors() + 60, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_descriptors")
async def test_two_hundred_jobs_leave_nothing(filled: LocalPool) -> None:
    open_before, jail_before = descriptors(), len(jail())

    for number in range(200):
        outcome = await filled.run(job("echo", x=number))
        assert outcome.value["argument"] == {"x": number}

    await until(lambda: filled.status().n_ready == 2)
    await until(lambda: len(jail()) == jail_before)
    assert descriptors() == open_before
    assert zombies(os.getpid()) == 0
    assert zombies(zygote_and_guards()[0]) == 0


async def test_a_job_does_not_get_a_worker_that_died_while_it_waited(filled: LocalPool) -> None:
    zygote, guards = zygote_and_guards()
    for guard in guards:
        os.kill(guard, signal.SIGKILL)
    await until(lambda: descendants(zygote) == {} and not set(guards) & jail().keys())

    outcome = await filled.run(job("echo", x=1))

    assert outcome.value["argument"] == {"x": 1}


@pytest.mark.parametrize("shape", [Shape(), Shape(n_cores=1)])
async def test_cancelling_at_any_moment_leaves_nothing(filled: LocalPool, shape: Shape) -> None:
    spec = replace(job("sleep", s=600, limits=LONG), shape=shape)
    open_before, jail_before = descriptors(), len(jail())

    for n_steps in range(0, 60, 3):
        async with anyio.create_task_group() as group:
            group.start_soon(filled.run, spec)
            for _ in range(n_steps):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert filled.status().n_running == 0

    await until(lambda: filled.status().n_ready == 2)
    await until(lambda: len(jail()) == jail_before)
    assert descriptors() == open_before


async def test_cancelling_a_job_that_floods_ends_it(filled: LocalPool) -> None:
    jail_before = len(jail())

    with anyio.move_on_after(0.2) as scope:
        await filled.run(job("flood", mib=2**20, limits=LONG))

    assert scope.cancelled_caught
    await until(lambda: filled.status().n_ready == 2)
    await until(lambda: len(jail()) == jail_before)


async def test_a_gibibyte_of_output_costs_no_memory_and_the_loop_goes_on(
    filled: LocalPool,
) -> None:
    resident, ended = [resident_mib()], list[Outcome | SandboxError]()
    flood = job("flood", mib=1024, limits=LONG)

    async with anyio.create_task_group() as group:
        begin(ended, filled, group, flood)
        with anyio.fail_after(600):
            while not ended:
                await anyio.sleep(0.01)
                resident.append(resident_mib())

    [outcome] = ended
    assert isinstance(outcome, Outcome)
    assert outcome.stdout_truncated
    assert max(resident) - resident[0] < 64
    assert len(resident) > 10  # it had its turns


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


async def test_leaving_the_pool_ends_what_runs_and_what_waits() -> None:
    spec = job("sleep", s=600, limits=LONG)
    ended: list[Outcome | SandboxError] = []
    n_running = 0

    async with anyio.create_task_group() as group:
        async with LocalPool(plain_profile(), n_warm=1) as pool:
            n_running = pool.status().n_cores
            begin(ended, pool, group, *[spec] * (n_running + 4))
            await until(lambda: (pool.status().n_running, pool.status().n_queued) == (n_running, 4))
        await until(lambda: len(ended) == n_running + 4)

    codes = Counter(error.code for error in ended if isinstance(error, SandboxError))
    assert codes.total() == n_running + 4
    assert codes["sandbox_unavailable"] >= 4
    assert jail() == {}


async def test_a_dead_zygote_takes_its_jobs_along_and_the_next_one_does_those_that_waited(
    filled: LocalPool,
) -> None:
    n_running = filled.status().n_cores
    ended: list[Outcome | SandboxError] = []
    waiting: list[Outcome | SandboxError] = []

    async with anyio.create_task_group() as group:
        begin(ended, filled, group, *[job("sleep", s=600, limits=LONG)] * n_running)
        begin(waiting, filled, group, job("echo", x=1))
        await until(lambda: (filled.status().n_running, filled.status().n_queued) == (n_running, 1))
        os.kill(zygote_and_guards()[0], signal.SIGKILL)

    assert [type(error) for error in ended] == [JobFailed] * n_running
    assert "vanished" in str(ended[0])
    assert isinstance(waiting[0], Outcome)


async def test_a_dead_zygote_costs_an_idle_pool_nothing(filled: LocalPool) -> None:
    os.kill(zygote_and_guards()[0], signal.SIGKILL)
    await until(lambda: len(jail()) == 0)

    outcome = await filled.run(job("echo", x=1))

    assert outcome.value["argument"] == {"x": 1}


async def test_an_old_zygote_is_replaced_and_ends_with_its_last_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_module, "_SPAWNS_PER_ZYGOTE", 6)
    bwraps_seen: set[int] = set()
    long_one: list[Outcome | SandboxError] = []

    async with anyio.create_task_group() as group, LocalPool(plain_profile(), n_warm=1) as pool:
        begin(long_one, pool, group, job("sleep", s=2, limits=LONG))
        for number in range(15):
            assert (await pool.run(job("echo", x=number))).value["argument"] == {"x": number}
            bwraps_seen |= {pid for pid, name in jail().items() if name == "bwrap"}
        await until(lambda: long_one)
        await until(lambda: [*jail().values()].count("bwrap") == 2)

    assert len(bwraps_seen) >= 4
    assert isinstance(long_one[0], Outcome)


async def test_a_host_without_a_free_descriptor_says_so_and_recovers(filled: LocalPool) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spec = replace(job("echo"), shape=Shape(n_cores=1))

    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors() + 2, hard))
    try:
        with pytest.raises(SandboxError, match="Too many open files"):
            await filled.run(spec)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    outcome = await filled.run(spec)

    assert outcome.value["blobs"] == {}


@pytest.fixture
def below_mnt() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/mnt") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "jobs.py").write_bytes((JAILED / "jobs.py").read_bytes())
        yield Path(folder)


@pytest.mark.root
async def test_code_below_the_folder_that_root_stages_in_is_found(
    request: pytest.FixtureRequest,
) -> None:
    folder: Path = request.getfixturevalue("below_mnt")  # not before it is known to be root

    async with LocalPool(plain_profile(code={"jailed_tests": folder}), n_warm=1) as pool:
        outcome = await pool.run(job("echo", x=1))

    assert outcome.value["argument"] == {"x": 1}
