"""What is left of a host that was killed while its jobs ran: nothing, in every tier."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from jax_workbench.sandbox.bare_launcher import bare_launch
from tests.processes import descendants
from tests.sandbox.conftest import plain_profile
from tests.sandbox.test_pool_endurance import until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
BUSY_HOST = (sys.executable, "-m", "tests.sandbox.busy_host")
WITHOUT_NESTED = (sys.executable, "-m", "tests.sandbox.denied", "nested namespaces")


@contextmanager
def started(command: tuple[str, ...], scratch: Path) -> Generator[subprocess.Popen[str]]:
    """A host whose temporary folder is `scratch`; killed at the latest here."""
    host = subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    try:
        yield host
    finally:
        host.kill()
        host.wait()
        if host.stdout:
            host.stdout.close()


@pytest.mark.parametrize(
    ("tier", "command"),
    [
        ("full", (*BUSY_HOST, "full")),
        ("shared", (*WITHOUT_NESTED, *BUSY_HOST, "auto")),
        ("landlock", (*BUSY_HOST, "landlock")),
        ("none", (*BUSY_HOST, "none")),
    ],
)
async def test_killing_the_host_with_busy_jobs_leaves_no_process_and_no_folder(
    tier: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    with started(command, tmp_path) as host:
        assert host.stdout
        with anyio.fail_after(300):
            said = await anyio.to_thread.run_sync(host.stdout.readline)
        below = descendants(host.pid)

    assert said.strip() == tier
    assert len(below) >= 4
    await until(lambda: not any(map(is_alive, below)) and not any(tmp_path.iterdir()))


@pytest.mark.parametrize("is_ready_asked", [True, False])
def test_a_zygote_whose_host_dies_before_it_is_ready_removes_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_ready_asked: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        launch = bare_launch(plain_profile(), theirs.fileno(), is_root=False)
        assert [*tmp_path.iterdir()] == [launch.home]
        if is_ready_asked:
            ours.send(b'{"preload": [], "assert_forkable": "jailed_tests.jobs:no_such_function"}')
        zygote = subprocess.Popen(  # noqa: S603
            launch.argv,
            env=dict(launch.env),
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        ours.close()
        said = zygote.communicate(timeout=300)[1]

    assert zygote.returncode == 1, said
    assert [*tmp_path.iterdir()] == []


def is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"
