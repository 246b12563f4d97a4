"""Counts the seconds of a call that its time limit is about. Server only."""

import time
from collections.abc import Callable


class Stopwatch:
    """Seconds of a call, not counting those in which all its jobs were waiting in the queue."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Start counting at once; `now` gives seconds."""
        self._now = now
        self._counted_s = 0.0
        self._since: float | None = now()
        self._queued: set[object] = set()
        self._running: set[object] = set()

    def queue(self, job: object) -> None:
        """The job waits for its turn."""
        self._move(job, to=self._queued)

    def start(self, job: object) -> None:
        """It is the job's turn."""
        self._move(job, to=self._running)

    def leave(self, job: object) -> None:
        """The job is over."""
        self._move(job, to=None)

    def elapsed_s(self) -> float:
        """Seconds counted so far."""
        running_s = 0.0 if self._since is None else self._now() - self._since
        return self._counted_s + running_s

    def _move(self, job: object, to: set[object] | None) -> None:
        self._counted_s = self.elapsed_s()
        for jobs in (self._queued, self._running):
            jobs.discard(job)
        if to is not None:
            to.add(job)
        only_waits = bool(self._queued) and not self._running
        self._since = None if only_waits else self._now()
