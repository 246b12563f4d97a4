"""Runs one job in one worker: hands it over, watches it, ends it, says how it ended.

Runs in the host. The end of a job is what its init reports, never the end of a pipe: a job can
close all its descriptors and go on.
"""

import json
import math
import resource
from collections.abc import Callable, Mapping

import anyio

from jax_workbench.sandbox import disk, pipes, proc
from jax_workbench.sandbox.captured import Captured
from jax_workbench.sandbox.endings import Ending, concluded
from jax_workbench.sandbox.policy import MIB, Blob, JobSpec, Measured, Outcome, available_cores
from jax_workbench.sandbox.results import InvalidResult
from jax_workbench.sandbox.session_files import SessionFiles
from jax_workbench.sandbox.worker import wire
from jax_workbench.sandbox.worker_process import WorkerProcess

_KIB = 1024
_GRACE_S = 0.25
_POLL_S = 0.05
_FOLDER_POLL_S = 0.25
_CPU_GRACE_S = 5
_MEMORY_SLACK_MIB = 96
"""The limit that the job can catch comes first, the watchdog's kill that much later."""


def ignore(_said: object) -> None:
    """What nobody asked to hear."""


async def supervise(  # noqa: PLR0913 - two ways in, three out
    worker: WorkerProcess,
    spec: JobSpec,
    queue_s: float,
    on_progress: Callable[[str], None],
    *,
    kept: SessionFiles | None = None,
    on_draft: Callable[[Blob], None] = ignore,
) -> Outcome:
    """Run one job; the worker is gone when this returns, raises or is cancelled.

    `kept` has the files of `spec.session`, and takes what the job adds to them. `on_draft` hears
    of each draft that the job leaves.

    Raises:
        JobFailed: The job ended without a value; says how.
    """
    run = _Run(worker, spec, on_progress, kept or SessionFiles(), on_draft)
    try:
        await run.to_the_end()
    finally:
        with anyio.CancelScope(shield=True):
            await worker.kill()
        worker.discard()
    return concluded(run.ending(), run.measured(queue_s))


class _Run:
    """The one job of a worker, while it runs."""

    def __init__(
        self,
        worker: WorkerProcess,
        spec: JobSpec,
        on_progress: Callable[[str], None],
        kept: SessionFiles,
        on_draft: Callable[[Blob], None],
    ) -> None:
        self._worker = worker
        self._on_draft = on_draft
        self._kept = kept
        self._spec = spec
        self._on_progress = on_progress
        worker.frames.limits = spec.limits
        worker.frames.kept_room_bytes = 0 if spec.session is None else spec.limits.kept_mib * MIB
        self._stdout = Captured(spec.limits.stdout_kib * _KIB)
        self._stderr = Captured(spec.limits.stdout_kib * _KIB)
        self._stopped_for = ""
        self._too_much = ""
        self._fault = ""
        self._before = proc.memory(worker.job_pid) or proc.Memory(0.0, 0.0)
        self._cpu_before_s = proc.cpu_s(worker.job_pid)
        self._cpu_limit_s = spec.limits.cpu_limit_s(spec.shape.n_cores or available_cores())
        self._wall_s = 0.0

    async def to_the_end(self) -> None:
        """Return when the job has ended, by itself or not, and its pipes are read."""
        worker = self._worker
        readers = [anyio.Event() for _ in range(3)]
        started = anyio.current_time()
        async with anyio.create_task_group() as group:
            group.start_soon(self._send_job)
            group.start_soon(self._read_frames, readers[0])
            group.start_soon(self._read, worker.stdout_r, self._stdout.feed, readers[1])
            group.start_soon(self._read, worker.stderr_r, self._stderr.feed, readers[2])
            group.start_soon(self._watch_memory)
            if worker.folder:
                group.start_soon(self._watch_folder, worker.folder)
            with anyio.move_on_after(self._spec.limits.wall_s) as timer:
                await self._last_status()
            self._wall_s = anyio.current_time() - started
            if timer.cancelled_caught:
                self._stopped_for = self._stopped_for or "wall"
                await worker.kill()
                with anyio.move_on_after(_GRACE_S):
                    await self._last_status()
            with anyio.move_on_after(_GRACE_S):
                for reader in readers:
                    await reader.wait()
            group.cancel_scope.cancel()

    async def _last_status(self) -> None:
        while await self._worker.next_status():
            pass

    def ending(self) -> Ending:
        """How the job ended."""
        report = self._worker.report
        return Ending(
            limits=self._spec.limits,
            cpu_limit_s=self._cpu_limit_s,
            exit_code=report.get("exit"),
            stopped_for=self._stopped_for,
            too_much=self._too_much,
            fault=self._fault or str(report.get("failed", "")),
            frames=self._worker.frames,
            stdout=self._stdout,
            stderr=self._stderr,
        )

    def measured(self, queue_s: float) -> Measured:
        """What the host saw."""
        report, facts = self._worker.report, self._worker.facts
        return Measured(
            wall_s=self._wall_s,
            queue_s=queue_s,
            cpu_s=max(0.0, report.get("cpu_s", self._cpu_before_s) - self._cpu_before_s),
            peak_rss_mib=report.get("peak_rss_kib", 0) / _KIB,
            device=str(facts.get("device", "")),
            platform=str(facts.get("platform", "")),
        )

    async def _send_job(self) -> None:
        limits, spec = self._spec.limits, self._spec
        kept: Mapping[str, bytes] = {} if spec.session is None else self._kept.of(spec.session)
        blob_bytes = sum(map(len, spec.blobs.values()))
        data_bytes = int((self._before.mapped + limits.memory_mib) * MIB) + blob_bytes
        if not self._worker.accelerator.is_cpu:
            data_bytes = resource.RLIM_INFINITY  # a driver maps far more than it uses
        # The soft limit first: the signal can be caught, and then a job may still say where it was.
        soft_s = math.ceil(self._cpu_before_s + self._cpu_limit_s)
        cpu_limits = [soft_s, soft_s + _CPU_GRACE_S]
        job = {
            "function": spec.function,
            "argument": dict(spec.argument),
            "blobs": [[name, len(content)] for name, content in spec.blobs.items()],
            "kept": None if spec.session is None else [[n, len(c)] for n, c in kept.items()],
            "kept_bytes": limits.kept_mib * MIB,
            "rlimits": {"DATA": [data_bytes, data_bytes], "CPU": cpu_limits},
            "saved_bytes": limits.saved_mib * MIB,
            "n_saved": limits.n_saved,
            "result_bytes": limits.result_mib * MIB,
        }
        header = json.dumps(job, allow_nan=False).encode()
        await pipes.write_all(self._worker.job_w, wire.frame(wire.JOB, header))
        for content in (*spec.blobs.values(), *kept.values()):
            await pipes.write_all(self._worker.job_w, content)

    async def _read(
        self, descriptor: int, take: Callable[[bytes], None], at_end: anyio.Event
    ) -> None:
        await pipes.drain(descriptor, take)
        at_end.set()

    async def _read_frames(self, at_end: anyio.Event) -> None:
        try:
            await self._read(self._worker.result_r, self._feed, at_end)
        except InvalidResult as fault:
            self._fault = str(fault)
            at_end.set()
            await self._worker.kill()

    def _feed(self, piece: bytes) -> None:
        frames = self._worker.frames
        frames.feed(piece)
        for message in frames.progress:
            self._on_progress(message)
        frames.progress.clear()
        if frames.draft is not None:
            self._on_draft(frames.draft)
            frames.draft = None
        if self._spec.session is not None:
            for name, content in frames.kept:
                self._kept.add(self._spec.session, name, content)
        frames.kept.clear()

    async def _watch_memory(self) -> None:
        """Catches what RLIMIT_DATA does not: shared anonymous pages."""
        own_mib = self._spec.limits.memory_mib + self._worker.accelerator.driver_mib
        limit_mib = self._before.resident + own_mib + _MEMORY_SLACK_MIB
        while True:
            now = proc.memory(self._worker.job_pid)
            if now is not None and now.resident > limit_mib:
                self._stopped_for = "memory"
                await self._worker.kill()
                return
            await anyio.sleep(_POLL_S)

    async def _watch_folder(self, folder: str) -> None:
        """Hold the bounds that the job's file system has in a jail."""
        while True:
            self._too_much = await anyio.to_thread.run_sync(disk.excess, folder)
            if self._too_much:
                self._stopped_for = "disk"
                await self._worker.kill()
                return
            await anyio.sleep(_FOLDER_POLL_S)
