"""The host's end of one zygote: starts the outer jail, asks it for workers, ends it.

Runs in the host, and only on the event-loop thread: bubblewrap dies with the thread that started
it.
"""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import anyio

from jax_workbench.sandbox import launcher, pipes, tiers
from jax_workbench.sandbox.bare_launcher import bare_launch
from jax_workbench.sandbox.errors import SandboxError, SandboxUnavailable
from jax_workbench.sandbox.policy import Profile, Shape, Tier
from jax_workbench.sandbox.remedies import is_masked, remedy_for
from jax_workbench.sandbox.worker import scratch
from jax_workbench.sandbox.worker_limits import base_rlimits, n_threads
from jax_workbench.sandbox.worker_process import WorkerProcess

START_LIMIT_S = 120.0
_SPAWN_LIMIT_S = 30.0
_CLEANING_LIMIT_S = 10.0
_LOG_TAIL_BYTES = 8000
_MAX_REPLY_BYTES = 8192


class Zygote:
    """A preloaded process in the outer jail that forks workers."""

    def __init__(self, profile: Profile, tier: Tier = "full", *, binds_proc: bool = False) -> None:
        """Nothing starts before `start`; `binds_proc` is for where no /proc can be mounted."""
        self._profile = profile
        self._tier: Tier = tier
        self._binds_proc = binds_proc
        self._confinement = tiers.confinement(tier)
        self._home = ""
        """Of a zygote without a jail: on the host, and to be removed with it."""
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._log = bytearray()
        self._asking = anyio.Lock()
        self._has_failed = False
        self.n_spawned = 0
        self.n_alive = 0
        self.uid = os.geteuid()

    @property
    def is_sound(self) -> bool:
        """False once a fork was refused or it died: spawn from another one."""
        return not self._has_failed and self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start the jail and wait until the stack is imported; leaves nothing where that fails.

        Raises:
            SandboxUnavailable: The jail can't be built here; says how to mend that.
        """
        try:
            await self._start()
        except BaseException:
            await self.aclose()
            raise

    async def _start(self) -> None:
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setblocking(False)
        self._control = mine
        try:
            argv, env = self._launched(theirs.fileno())
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - must be this very thread
                argv,
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        finally:
            theirs.close()
        assert self._process.stdout  # noqa: S101 - PIPE was asked for
        os.set_blocking(self._process.stdout.fileno(), False)
        with suppress(OSError):  # a dead zygote: the empty reply below says so
            mine.send(json.dumps(self._preload_request()).encode())
        reply = await self._reply(START_LIMIT_S)
        if not reply.get("ready"):
            problem = str(reply.get("failed") or self.log_tail() or "it ended without a word")
            cause = f"The jail did not start: {problem.strip()[-600:].rstrip('.')}."
            raise SandboxUnavailable(cause, remedy_for(problem))

    def _launched(self, control_fd: int) -> tuple[Sequence[str], Mapping[str, str]]:
        """What to start, and its environment: in a jail bubblewrap's own is empty."""
        if self._tier in {"full", "shared"}:
            launch = launcher.launch(
                self._profile, control_fd, self._tier, binds_proc=self._binds_proc
            )
            self.uid = launch.uid
            return launch.argv, {}
        bare = bare_launch(self._profile, control_fd)
        self.uid, self._home = bare.uid, str(bare.home)
        self._confinement = tiers.confinement(self._tier, self._home, bare.sources)
        return bare.argv, bare.env

    def _preload_request(self) -> dict[str, Any]:
        return {
            "preload": self._profile.preload,
            "assert_forkable": self._profile.assert_forkable,
        }

    async def spawn(self, shape: Shape) -> WorkerProcess:
        """A worker that gets itself ready; await its `ready`.

        Raises:
            SandboxError: The zygote refused to fork or is gone.
        """
        worker, theirs = WorkerProcess.with_pipes()
        reply: dict[str, Any] = {}
        # Shielded: a request without its reply taken would answer the next one.
        with anyio.CancelScope(shield=True):
            async with self._asking:
                reply = await self._ask(self._spawn_request(shape), theirs)
        if not reply.get("forked"):
            self._has_failed = True
            worker.discard()
            problem = reply.get("unsafe") or reply.get("failed") or self.log_tail()
            raise SandboxError(
                "internal",
                f"The sandbox could not start a worker: {problem}.",
                "Call again; the sandbox restarts by itself.",
            )
        self.n_spawned += 1
        self.n_alive += 1
        worker.zygote = self
        worker.accelerator = self._profile.accelerator
        worker.is_guarded = self._tier != "full"
        worker.on_gone = self._one_gone
        return worker

    async def spawn_ready(self, shape: Shape) -> WorkerProcess:
        """A worker that is ready for its job.

        Raises:
            SandboxError: There is none; says why.
        """
        try:
            worker = await self.spawn(shape)
            await worker.ready()  # discards it where it does not get there
        except OSError as error:  # the host has no descriptor left, say
            cause = f"A worker could not be started: {error}."
            raise SandboxError("internal", cause, "Call again later.") from error
        return worker

    def _spawn_request(self, shape: Shape) -> dict[str, Any]:
        accelerator = self._profile.accelerator
        rlimits = {**base_rlimits(), "NPROC": n_threads(self._tier, self.uid)}
        if not accelerator.is_cpu:
            del rlimits["MEMLOCK"]  # a driver pins the buffers that it copies from
        return {
            **self._confinement.spec(),
            "prepare": self._profile.prepare,
            "shape": {
                "n_cores": shape.n_cores,
                "devices": shape.devices,
                "accelerator": accelerator.kind,
            },
            "cpus": _cpus(shape.n_cores),
            "rlimits": rlimits,
            "device_files": accelerator.devices,
            "device_read": accelerator.read,
            "allowed_calls": accelerator.allowed_calls,
        }

    async def _ask(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        try:
            if self._control is None:
                return {"failed": "the sandbox was closed"}
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
            return await self._reply(_SPAWN_LIMIT_S)
        except OSError as error:
            return {"failed": f"{type(error).__name__}: {error}"}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _one_gone(self) -> None:
        self.n_alive -= 1

    async def _reply(self, limit_s: float) -> dict[str, Any]:
        """The zygote's next message; empty when it is gone or too slow."""
        with anyio.move_on_after(limit_s):
            while control := self._control:
                try:
                    message = control.recv(_MAX_REPLY_BYTES)
                except BlockingIOError:
                    with suppress(anyio.ClosedResourceError):
                        await anyio.wait_readable(control)
                    continue
                except ConnectionError:
                    break
                if not message:
                    break
                return json.loads(message)
        self._has_failed = True
        return {}

    def log_tail(self) -> str:
        """The last of what the jail printed outside any job."""
        if self._process and self._process.stdout and not self._process.stdout.closed:
            self._log += pipes.discard_pending(self._process.stdout.fileno())
            del self._log[:-_LOG_TAIL_BYTES]
        return self._log.decode("utf-8", "replace")

    async def aclose(self) -> None:
        """End the jail and all workers in it: the kernel ends a pid namespace with its pid 1."""
        control, self._control = self._control, None
        if control:
            anyio.notify_closing(control)
            control.close()
        process, self._process = self._process, None
        if process is None:
            return
        with anyio.CancelScope(shield=True):
            if self._home:  # it waits for its guards, and removes what they leave
                with anyio.move_on_after(_CLEANING_LIMIT_S):
                    await _gone(process)
            process.send_signal(signal.SIGKILL)
            await _gone(process)
        if self._home:
            scratch.remove(self._home)
        if process.stdout:
            process.stdout.close()


async def started(profile: Profile, tier: Tier) -> Zygote:
    """A zygote with a new /proc or, where none can be mounted, with the one that is here.

    That one is covered in the namespaces of each job, so there must be some; a device's jobs need
    a new one.

    Raises:
        SandboxUnavailable: The jail can't be built here; says how to mend that.
    """
    zygote = Zygote(profile, tier)
    try:
        await zygote.start()
    except SandboxUnavailable as refused:
        if tier != "full" or not profile.accelerator.is_cpu or not is_masked(refused.cause):
            raise
        zygote = Zygote(profile, tier, binds_proc=True)
        await zygote.start()
    return zygote


async def _gone(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:  # noqa: ASYNC110 - a child's end is no file to wait for
        await anyio.sleep(0.005)


def _cpus(n_cores: int) -> list[int]:
    """The last cores of those allowed: the first ones take most interrupts."""
    return sorted(os.sched_getaffinity(0))[-n_cores:] if n_cores else []
