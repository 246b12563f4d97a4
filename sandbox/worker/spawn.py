"""From the zygote to a job: A makes the namespaces, B is their pid 1, C runs the job.

Runs in the jail. Three processes, because uid_map must be written before B exists, and because
signals that a job sends to pid 1 are ignored: the job must not be pid 1. In the tiers without
namespaces for each job B is its guard instead, and A is only on the way.
"""

import json
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from resource import struct_rusage
from typing import Any, NoReturn

from jax_workbench.sandbox.worker import guard, job
from jax_workbench.sandbox.worker.syscalls import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    PR_SET_DUMPABLE,
    drop_capabilities,
    mount,
    prctl,
)

_NAMESPACES = os.CLONE_NEWUSER | os.CLONE_NEWPID | os.CLONE_NEWNS | os.CLONE_NEWIPC
_GO = b"x"


def start(pipes: Sequence[int], status: socket.socket, spec: dict[str, Any]) -> NoReturn:
    """A: new user, pid, mount and ipc namespaces; hands B's pidfd to the host; ends."""
    try:
        # /proc/self/uid_map of a non-dumpable process belongs to root.
        prctl(PR_SET_DUMPABLE, 1)
        _write("/proc/self/oom_score_adj", "1000")
        if spec["tier"] == "full":
            _enter_namespaces()
        wait_end, go_end = os.pipe()
        init = os.fork()
        if init == 0:
            os.close(go_end)
            if os.read(wait_end, 1) != _GO:
                os._exit(99)  # A died before the host held the pidfd
            os.close(wait_end)
            if spec["tier"] == "full":
                _be_init(pipes, status, spec)
            _be_guard(pipes, status, spec)
        socket.send_fds(status, [b'{"pidfd": "init"}'], [os.pidfd_open(init)])
        os.write(go_end, _GO)
    except BaseException as error:  # noqa: BLE001 - the host must hear of anything
        _report_failure(status, "A", error)
    os._exit(0)


def _enter_namespaces() -> None:
    uid, gid = os.getuid(), os.getgid()
    os.unshare(_NAMESPACES)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _be_init(pipes: Sequence[int], status: socket.socket, spec: dict[str, Any]) -> NoReturn:
    """B: private mounts, no capabilities; starts C, waits for it, tells the host how it ended."""
    try:
        _mount_private(has_own_proc=bool(spec["device_files"]))
        drop_capabilities()
        prctl(PR_SET_DUMPABLE, 0)
        child = _start_job(pipes, status, spec | {"scratch": "/tmp"})  # noqa: S108 - its own
        while True:
            pid, wait_status, usage = os.wait4(-1, 0)
            if pid == child:
                break
        _report(status, wait_status, usage)
    except BaseException as error:  # noqa: BLE001 - the host must hear of anything
        _report_failure(status, "B", error)
    os._exit(0)


def _be_guard(pipes: Sequence[int], status: socket.socket, spec: dict[str, Any]) -> NoReturn:
    """B without namespaces: a folder for the job, then the same; removes what the job left."""
    try:
        spec = guard.own_folder(spec)
        kept = guard.pinned()
        drop_capabilities()
        prctl(PR_SET_DUMPABLE, 0)
        try:
            child = _start_job(pipes, status, spec)
            wait_status, usage = guard.wait_for(child, status)
        finally:
            guard.clean_up(spec["scratch"])
        for descriptor in kept:
            os.close(descriptor)
        _report(status, wait_status, usage)
    except BaseException as error:  # noqa: BLE001 - the host must hear of anything
        _report_failure(status, "B", error)
    os._exit(0)


def _start_job(pipes: Sequence[int], status: socket.socket, spec: dict[str, Any]) -> int:
    """Fork C, and hand its pidfd to the host."""
    child = os.fork()
    if child == 0:
        status.close()
        job.run(pipes, spec)
    for pipe in pipes:
        os.close(pipe)
    message = json.dumps({"pidfd": "job", "folder": spec.get("folder", "")}).encode()
    socket.send_fds(status, [message], [os.pidfd_open(child)])
    return child


def _report(status: socket.socket, wait_status: int, usage: struct_rusage) -> None:
    report = {
        "exit": os.waitstatus_to_exitcode(wait_status),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_rss_kib": usage.ru_maxrss,
    }
    with suppress(OSError):  # a host that hung up does not want it
        status.send(json.dumps(report).encode())


def _mount_private(*, has_own_proc: bool) -> None:
    """Scratch directories of this job alone, and a /proc with two files.

    XLA reads cpuinfo (without it float32 reductions fail) and meminfo; nothing else of /proc is
    needed on CPU, and what isn't there can't be read. A GPU's driver reads more and writes there:
    it gets a /proc of the job's own processes.
    """
    kept = {name: _read(f"/proc/{name}") for name in ("cpuinfo", "meminfo")}
    base = MS_NOSUID | MS_NODEV
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", base, "size=256m,nr_inodes=20000,mode=0700")  # noqa: S108
    mount("tmpfs", "/dev/shm", "tmpfs", base | MS_NOEXEC, "size=16m,nr_inodes=100,mode=0700")  # noqa: S108
    if has_own_proc:
        mount("proc", "/proc", "proc", base | MS_NOEXEC)
        return
    mount("tmpfs", "/proc", "tmpfs", base | MS_NOEXEC, "size=1m,mode=0555")
    for name, text in kept.items():
        _write(f"/proc/{name}", text)
    mount(None, "/proc", None, MS_REMOUNT | MS_BIND | MS_RDONLY | base | MS_NOEXEC)


def _read(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - no pathlib here
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii", errors="replace") as file:  # noqa: PTH123
        file.write(text)


def _report_failure(status: socket.socket, who: str, error: BaseException) -> None:
    with suppress(OSError):  # the host may be gone, and then nobody is left to tell
        text = f"{who}: {type(error).__name__}: {error}"
        status.send(json.dumps({"failed": text[:500]}).encode())
