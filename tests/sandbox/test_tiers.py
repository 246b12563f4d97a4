"""Each tier really runs jobs, holds what it claims, and is never weaker than asked for."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from jax_workbench.sandbox import disk, tiers, zygote
from jax_workbench.sandbox.bare_launcher import BareLaunch, bare_launch
from jax_workbench.sandbox.errors import JobFailed, SandboxUnavailable
from jax_workbench.sandbox.policy import Limits
from jax_workbench.sandbox.pool import LocalPool
from jax_workbench.sandbox.probe import JailLeaks, verify
from jax_workbench.sandbox.remedies import is_known
from jax_workbench.sandbox.worker import scratch
from tests.processes import descendants, descriptors
from tests.sandbox.conftest import job, plain_profile

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.anyio


def under(denials: str | tuple[str, ...], tier: str, function: str = "echo") -> dict[str, Any]:
    """What comes of a job where the host denies something, in a process of its own."""
    command = [sys.executable, "-m", "tests.sandbox.one_job", tier, function]
    for denial in (denials,) if isinstance(denials, str) else denials:
        command = [sys.executable, "-m", "tests.sandbox.denied", denial, *command]
    run = subprocess.run(  # noqa: S603
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    ("denial", "remedy"),
    [
        ("namespaces", "container_seccomp"),
        ("mount", "apparmor=unconfined"),
        ("landlock", "lsm="),
        ("seccomp", "CONFIG_SECCOMP_FILTER"),
    ],
)
def test_where_a_means_is_denied_no_job_runs_and_the_remedy_is_told(
    denial: str, remedy: str
) -> None:
    came = under(denial, "full")

    assert came["failed"] == "sandbox_unavailable"
    assert remedy in came["next_step"]
    assert "Traceback" not in came["cause"]


@pytest.mark.root
def test_where_no_proc_can_be_mounted_jobs_see_two_files_of_the_one_that_is_here() -> None:
    came = under("proc", "full", "list_proc")

    assert came["value"] == {"names": ["cpuinfo", "meminfo"]}
    assert (came["tier"], came["left"]) == ("full", 0)


@pytest.mark.root
def test_jobs_without_namespaces_of_their_own_are_shown_no_proc_of_the_host() -> None:
    came = under(("nested namespaces", "proc"), "auto")

    assert came["failed"] == "sandbox_unavailable"
    assert "systempaths=unconfined" in came["next_step"] or "userns" in came["next_step"]


def test_without_nested_namespaces_jobs_share_those_of_the_jail_and_the_pool_says_why() -> None:
    came = under("nested namespaces", "auto")

    assert came["value"] == {"argument": {"x": 1}, "blobs": {}}
    assert came["tier"] == "shared"
    assert "apparmor_restrict_unprivileged_userns" in came["shortfall"]
    assert came["left"] == 0


def test_who_insists_on_the_full_tier_gets_no_other() -> None:
    came = under("nested namespaces", "full")

    assert came["failed"] == "sandbox_unavailable"
    assert came["tier"] == "full"


@pytest.mark.parametrize("tier", ["landlock", "none"])
def test_without_namespaces_jobs_run_on_the_operators_word(tier: str) -> None:
    came = under("namespaces", tier)

    assert came["value"] == {"argument": {"x": 1}, "blobs": {}}
    assert came["tier"] == tier
    assert came["left"] == 0


@pytest.mark.parametrize("denial", ["landlock", "seccomp"])
def test_the_landlock_tier_is_refused_without_what_it_is_made_of(denial: str) -> None:
    assert under(denial, "landlock")["failed"] == "sandbox_unavailable"


@pytest.mark.parametrize(
    ("choice", "is_root", "is_container", "tried"),
    [
        ("auto", False, False, ("full", "shared")),
        ("auto", False, True, ("full", "shared", "landlock")),
        ("auto", True, True, ("full", "shared")),
        ("full", False, True, ("full",)),
        ("landlock", True, False, ("landlock",)),
        ("none", False, False, ("none",)),
    ],
)
def test_a_weaker_tier_needs_a_container_or_the_operators_word(
    choice: str,
    is_root: bool,  # noqa: FBT001
    is_container: bool,  # noqa: FBT001
    tried: tuple[str, ...],
) -> None:
    assert tiers.candidates(choice, is_root=is_root, is_container=is_container) == tried


@pytest.mark.parametrize(
    ("problem", "may"),
    [
        ("A worker failed to start: A: PermissionError: [Errno 1] Operation not permitted.", True),
        ("The jail did not start: bwrap: No permissions to creating new namespace.", True),
        ("A worker failed to start: worker: OSError: [Errno 38] Landlock ABI 1 is needed.", False),
        ("A worker failed to start: it gave no reason.", False),
    ],
)
def test_only_a_refusal_of_the_host_leads_to_the_next_tier(problem: str, may: bool) -> None:  # noqa: FBT001
    assert tiers.may_step_down("full", problem, is_known=is_known(problem)) is may


def test_a_leak_is_another_error_than_a_refusal() -> None:
    seen: dict[str, object] = {"attempts": {"start a process": False}, "smoke": "ok"}

    with pytest.raises(JailLeaks):
        verify(seen, "landlock")
    verify(seen, "none")


def is_there(path: str | Path) -> bool:
    return Path(path).exists()


@pytest.fixture(params=["landlock", "none"])
async def bare(request: pytest.FixtureRequest) -> AsyncIterator[LocalPool]:
    async with LocalPool(plain_profile(), tier=request.param, n_warm=1) as running:
        yield running


async def test_a_job_without_a_jail_has_a_folder_of_its_own_and_leaves_nothing(
    bare: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An ordinary user's host that looks in time ends a job over a folder that it can't look into.
    monkeypatch.setattr(disk, "excess", nothing_in_excess)

    first = await bare.run(job("leave_in_own_folder"))
    second = await bare.run(job("leave_in_own_folder"))

    assert first.value["found"] == second.value["found"] == []
    assert first.value["folder"] != second.value["folder"]
    assert not is_there(first.value["folder"])
    assert first.value["home"] == first.value["temporary"] == first.value["folder"]


def nothing_in_excess(folder: str) -> str:
    assert folder
    return ""


async def test_a_job_without_a_jail_is_killed_at_its_limit(bare: LocalPool) -> None:
    with pytest.raises(JobFailed) as caught:
        await bare.run(job("spin", limits=Limits(wall_s=1)))

    assert caught.value.code == "timed_out"


async def test_a_job_that_fills_the_disk_is_stopped(
    bare: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "MAX_BYTES", 2**20)

    with pytest.raises(JobFailed, match="more than 1 MiB of files") as caught:
        await bare.run(job("fill_own_folder", mib=4))

    assert caught.value.code == "output_too_large"


async def test_one_job_runs_at_a_time_where_jobs_are_not_apart(bare: LocalPool) -> None:
    places: list[int] = []
    first = anyio.CancelScope()

    async def hold() -> None:
        with first:
            await bare.run(job("sleep", s=3000))

    def queued(place: int) -> None:
        places.append(place)
        first.cancel()

    await bare.run(job("echo"))
    async with anyio.create_task_group() as group:
        group.start_soon(hold)
        await anyio.wait_all_tasks_blocked()
        await bare.run(job("echo"), on_queue=queued)

    assert (places[0], places[-1]) == (1, 0)


async def test_nothing_is_left_of_a_pool_without_a_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    homes: list[Path] = []

    def launched(*arguments: Any) -> BareLaunch:
        launch = bare_launch(*arguments)
        homes.append(launch.home)
        return launch

    monkeypatch.setattr(zygote, "bare_launch", launched)
    open_before = descriptors()
    async with LocalPool(plain_profile(), tier="landlock", n_warm=2) as pool:
        await pool.run(job("echo"))

    assert descendants(os.getpid()) == {}
    assert descriptors() == open_before
    assert len(homes) == 1
    assert not is_there(homes[0])


async def test_an_unknown_module_is_told_in_every_tier(bare: LocalPool) -> None:
    assert bare.status().tier in {"landlock", "none"}
    async with LocalPool(plain_profile(preload=("no_such_module",)), tier="landlock") as broken:
        with pytest.raises(SandboxUnavailable, match="no_such_module"):
            await broken.run(job("echo"))


def test_closed_and_deep_folders_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "job"
    closed = top / "closed"
    closed.mkdir(parents=True)
    (closed / "file").write_text("x", encoding="ascii")
    closed.chmod(0)
    here = os.open(top, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d" * 50, dir_fd=here)
        here, above = os.open("d" * 50, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    (top / "link").symlink_to(tmp_path)

    assert disk.excess(str(top)) != ""
    scratch.remove(str(top))

    assert list(tmp_path.iterdir()) == []
