"""Where a job has no namespaces of its own: its guard watches over it and cleans up after it.

Runs in the jail, or on the host where there is none. With pid namespaces the kernel ends a job with
its init; here the guard ends it: when the job ends, and when the host hangs up or dies.
"""

import mimetypes
import os
import select
import signal
import socket
import tempfile
import time
from contextlib import suppress
from resource import struct_rusage
from typing import Any

from jax_workbench.sandbox.worker import scratch
from jax_workbench.sandbox.worker.syscalls import prctl

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_RETRY_S = 0.01


def own_folder(spec: dict[str, Any]) -> dict[str, Any]:
    """The job's spec with a folder of its own in it; the guard owns what the job leaves, too."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    folder = tempfile.mkdtemp(prefix="job-", dir=spec["home"])
    seen_by_host = "" if spec["tier"] == "shared" else folder
    return spec | {"scratch": folder, "write": [folder], "folder": seen_by_host}


def pinned() -> list[int]:
    """Keep the two files of /proc that XLA reads as they are.

    A rule holds for an inode, and the kernel may forget an inode of /proc and make it anew.
    """
    return [os.open(f"/proc/{name}", os.O_PATH) for name in ("cpuinfo", "meminfo")]


def settle_in(spec: dict[str, Any]) -> None:
    """In the job's process: end with the guard, and live in the own folder."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for name, value in os.environ.items():
        if value == spec["home"]:
            os.environ[name] = spec["scratch"]
    # Its first use would read files of /etc, which are refused here; in a jail there are none.
    mimetypes.init(())
    tempfile.tempdir = None  # asked for before the fork, it is the zygote's


def wait_for(child: int, status: socket.socket) -> tuple[int, struct_rusage]:
    """The child's wait status and usage; killed when the host hangs up."""
    ended = os.pidfd_open(child)
    watch = select.poll()
    watch.register(ended, select.POLLIN)
    watch.register(status, 0)  # hanging up is always reported
    while not any(descriptor == ended for descriptor, _ in watch.poll()):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        watch.unregister(status)
    os.close(ended)
    _pid, wait_status, usage = os.wait4(child, 0)
    return wait_status, usage


def clean_up(folder: str) -> None:
    """End what the job started (only without a filter it can) and remove its folder."""
    while _end_children():
        time.sleep(_RETRY_S)
    scratch.remove(folder)


def _end_children() -> bool:
    """Kill each child; False when there is none."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is not loaded in the jail
        if name.isdecimal() and _parent_of(name) == os.getpid():
            with suppress(ProcessLookupError):
                os.kill(int(name), signal.SIGKILL)
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _parent_of(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0
