"""The host's handle on one worker: its pipes, its pidfds, its end. Runs in the host."""

import json
import logging
import os
import select
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio

from jax_workbench.sandbox import pipes, proc
from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.policy import CPU, Accelerator, Limits
from jax_workbench.sandbox.results import Frames

logger = logging.getLogger(__name__)

_READY_LIMIT_S = 60.0
_REPORT_LIMIT_S = 0.5
_CLEANING_LIMIT_S = 20.0
"""A guard removes its job's files first."""
_MAX_STATUS_BYTES = 4096


@dataclass
class WorkerProcess:
    """A process that runs at most one job."""

    job_w: int
    result_r: int
    stdout_r: int
    stderr_r: int
    status: socket.socket
    zygote: object = None
    """Which zygote forked it."""
    accelerator: Accelerator = CPU
    on_gone: Callable[[], None] = lambda: None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the worker's `prepare` found."""
    frames: Frames = field(default_factory=lambda: Frames(Limits()))
    report: dict[str, Any] = field(default_factory=dict[str, Any])
    """The init's last word: how the job's process ended, or what failed before."""
    job_pid: int = -1
    is_guarded: bool = False
    """No namespace ends with its init: the guard in its place must live to clean up."""
    folder: str = ""
    """On the host, where a guarded job writes; empty in a jail."""
    _init_pidfd: int = -1
    _job_pidfd: int = -1
    _is_discarded: bool = False

    @classmethod
    def with_pipes(cls) -> tuple["WorkerProcess", list[int]]:
        """A handle without a process yet, and the five descriptors that its process gets."""
        with ExitStack() as made:  # closes what there is where the host has no descriptor left

            def pipe() -> tuple[int, int]:
                ends = os.pipe2(os.O_CLOEXEC)
                for end in ends:
                    made.callback(os.close, end)
                return ends

            job_r, job_w = pipe()
            result_r, result_w = pipe()
            stdout_r, stdout_w = pipe()
            stderr_r, stderr_w = pipe()
            status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            made.pop_all()
        status.setblocking(False)
        for descriptor in (job_w, result_r, stdout_r, stderr_r):
            os.set_blocking(descriptor, False)
        handle = cls(job_w, result_r, stdout_r, stderr_r, status)
        return handle, [job_r, result_w, stdout_w, stderr_w, theirs.detach()]

    async def ready(self) -> None:
        """Return when the worker waits for its job.

        Raises:
            SandboxError: It failed on the way; says what it printed.
        """
        try:
            with anyio.move_on_after(_READY_LIMIT_S):
                while self._job_pidfd < 0 and await self.next_status():
                    pass
                while self._job_pidfd >= 0 and self.frames.ready is None:
                    piece = await pipes.read_piece(self.result_r)
                    if not piece:
                        break
                    self.frames.feed(piece)
            if self.frames.ready is None:
                raise SandboxError(
                    "internal",
                    f"A worker failed to start: {self._what_failed()}.",
                    "Read the server's log on stderr.",
                )
            self.job_pid = proc.pid_of(self._job_pidfd)
        except BaseException:
            self.discard()
            raise
        self.facts = self.frames.ready
        # What the preparation printed is not the job's output.
        pipes.discard_pending(self.stdout_r)
        pipes.discard_pending(self.stderr_r)

    def _what_failed(self) -> str:
        said = pipes.discard_pending(self.stderr_r).decode("utf-8", "replace").strip()
        return str(self.report.get("failed") or said[-500:] or "it gave no reason")

    async def next_status(self) -> bool:
        """Take one message of the worker's init; False when the last one has come."""
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(self.status, _MAX_STATUS_BYTES, 1)
            except BlockingIOError:
                await anyio.wait_readable(self.status)
                continue
            except ConnectionError:
                return False
            break
        if not message:
            return False
        content = json.loads(message)
        if content.get("pidfd") == "init":
            self._init_pidfd = descriptors[0]
        elif content.get("pidfd") == "job":
            self._job_pidfd = descriptors[0]
            self.folder = str(content.get("folder", ""))
        else:
            self.report = content
            return False
        return True

    @property
    def is_waiting(self) -> bool:
        """It is alive and has not been given a job."""
        if self._is_discarded:
            return False
        ended = select.poll()
        ended.register(self._job_pidfd, select.POLLIN)
        return not ended.poll(0)

    async def kill(self) -> None:
        """End the job; returns when nothing of it is left.

        The job first, so that its init can still report what it used; then the init, with which
        the kernel ends everything in the namespace.
        """
        if self._job_pidfd >= 0:
            _send_kill(self._job_pidfd)
            limit_s = _CLEANING_LIMIT_S if self.is_guarded else _REPORT_LIMIT_S
            with anyio.move_on_after(limit_s):
                await anyio.wait_readable(self._init_pidfd)
        if self._init_pidfd >= 0:
            _send_kill(self._init_pidfd)
            # Its last process is gone when its files are closed: then the device is free again.
            with anyio.move_on_after(self.accelerator.gone_within_s) as waited:
                await anyio.wait_readable(self._init_pidfd)
            if waited.cancelled_caught:
                logger.error("A killed job is still there: its device may be busy or stuck.")

    def discard(self) -> None:
        """Kill what may be left and close everything; a second call does nothing."""
        if self._is_discarded:
            return
        self._is_discarded = True
        # A guard hears the status socket close, and ends by itself.
        ended = self._job_pidfd if self.is_guarded else self._init_pidfd
        if ended >= 0:
            _send_kill(ended)
        pipes.close(self.job_w, self.result_r, self.stdout_r, self.stderr_r)
        pipes.close(*(fd for fd in (self._init_pidfd, self._job_pidfd) if fd >= 0))
        anyio.notify_closing(self.status)
        self.status.close()
        self.on_gone()


def _send_kill(pidfd: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
