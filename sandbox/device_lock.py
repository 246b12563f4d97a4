"""Keeps other servers of this user off a device while a job has it. Runs in the host.

The host holds the lock, never a job: it ends with the server, however that ends.
"""

import fcntl
import logging
import os
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from jax_workbench.sandbox.policy import Lane

logger = logging.getLogger(__name__)

_POLL_S = 0.05


def lock_file(kind: str) -> Path:
    """The lock of one kind of device, for all servers of this user."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    if not os.path.isabs(folder) or not os.access(folder, os.W_OK):  # noqa: PTH117 - a string
        folder = tempfile.gettempdir()
    return Path(folder, f"jax-workbench-{os.getuid()}-{kind}.lock")


@asynccontextmanager
async def device_lock(
    kind: str, lane: Lane, on_queue: Callable[[int], None]
) -> AsyncGenerator[None]:
    """Hold the device of that kind, waited for; `on_queue` hears 1 while it waits, then 0.

    On a CPU only jobs that measure need it for themselves; an accelerator takes one job at a time.
    Without a writable folder for it there is no lock, and the log says so.
    """
    if lane != "measuring" and kind == "cpu":
        yield
        return
    try:
        descriptor = os.open(lock_file(kind), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        logger.warning("Other servers may use the device at the same time: %s", error)
        yield
        return
    try:
        await _locked(descriptor, on_queue)
        yield
    finally:
        os.close(descriptor)


async def _locked(descriptor: int, on_queue: Callable[[int], None]) -> None:
    has_waited = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not has_waited:
                has_waited = True
                on_queue(1)
            await anyio.sleep(_POLL_S)
        else:
            break
    if has_waited:
        on_queue(0)
