"""Servers of one user on one device."""

import subprocess
import sys
import tempfile
from pathlib import Path

import anyio
import pytest

from jax_workbench.sandbox.device_lock import device_lock, lock_file

pytestmark = pytest.mark.anyio
HOLDER = """\
import fcntl, sys
f = open(sys.argv[1], "w")
fcntl.flock(f, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def unheard(place: int) -> None:
    pytest.fail(f"was told to wait at {place}")


@pytest.mark.parametrize(("platform", "lane"), [("cpu", "measuring"), ("gpu", "shared")])
async def test_another_server_is_waited_for_and_its_end_gives_the_device_free(
    platform: str, lane: str
) -> None:
    command = [sys.executable, "-c", HOLDER, str(lock_file(platform))]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: ASYNC220, S603
    assert other.stdout
    assert other.stdin
    await anyio.to_thread.run_sync(other.stdout.readline)
    places: list[int] = []

    def heard(place: int) -> None:
        places.append(place)
        other.kill()  # not told: its lock ends with it

    with anyio.fail_after(300):
        async with device_lock(platform, "measuring" if lane == "measuring" else "shared", heard):
            assert places == [1, 0]
    other.wait()
    other.stdout.close()
    other.stdin.close()


async def test_shared_jobs_on_a_cpu_need_no_lock() -> None:
    async with device_lock("cpu", "shared", unheard):
        assert not await anyio.Path(lock_file("cpu")).exists()


async def test_without_a_folder_for_the_lock_the_job_runs_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    monkeypatch.delenv("XDG_RUNTIME_DIR")

    async with device_lock("cpu", "measuring", unheard):
        pass

    assert "at the same time" in caplog.text
