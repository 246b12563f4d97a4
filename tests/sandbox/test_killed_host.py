"""What is left of a host that was killed while its jobs ran: nothing, in every tier."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from tests.processes import descendants
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


def is_alive(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"
