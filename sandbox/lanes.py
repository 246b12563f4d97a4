"""Who may run when: many shared jobs or one measuring job, first come first served.

Runs in the host. Refilling the pool costs CPU time that a measurement would see, so it is a third
kind of user: it waits for no job to measure, and a measuring job waits for it.
"""

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.policy import Lane


@dataclass(eq=False)
class _Ticket:
    lane: Lane
    on_queue: Callable[[int], None]
    granted: anyio.Event = field(default_factory=anyio.Event)


class Lanes:
    """A fair lock with a shared and an exclusive side."""

    def __init__(self, n_shared: int, max_queued: int) -> None:
        """At most `n_shared` jobs side by side; at most `max_queued` wait."""
        self._n_shared = n_shared
        self._max_queued = max_queued
        self._waiting: deque[_Ticket] = deque()
        self._n_running = 0
        self._is_measuring = False
        self._n_refilling = 0
        self._quiet = anyio.Event()
        self._quiet.set()

    def narrow(self) -> None:
        """From now on at most one job at a time."""
        self._n_shared = 1

    @property
    def n_running(self) -> int:
        """Jobs that hold a lane."""
        return self._n_running

    @property
    def n_queued(self) -> int:
        """Jobs that wait for one."""
        return len(self._waiting)

    @asynccontextmanager
    async def enter(self, lane: Lane, on_queue: Callable[[int], None]) -> AsyncGenerator[None]:
        """Hold `lane`. `on_queue` hears the place in the queue, then 0.

        Raises:
            SandboxError: `device_busy`, when too many wait already.
        """
        if len(self._waiting) >= self._max_queued:
            raise SandboxError(
                "device_busy",
                f"{len(self._waiting)} jobs wait already, the most this server queues.",
                "Call again later.",
            )
        ticket = _Ticket(lane, on_queue)
        self._waiting.append(ticket)
        self._advance()
        try:
            await ticket.granted.wait()
        except BaseException:
            if ticket.granted.is_set():
                self._leave(lane)
            else:
                self._waiting.remove(ticket)
                self._advance()
            raise
        try:
            on_queue(0)
            yield
        finally:
            self._leave(lane)

    @asynccontextmanager
    async def refill(self) -> AsyncGenerator[None]:
        """Hold the right to start a worker; waits while a measuring job runs or is next."""
        while self._is_measuring or self._measuring_waits():
            self._quiet = anyio.Event()
            await self._quiet.wait()
        self._n_refilling += 1
        try:
            yield
        finally:
            self._n_refilling -= 1
            self._advance()

    def _leave(self, lane: Lane) -> None:
        self._n_running -= 1
        if lane == "measuring":
            self._is_measuring = False
        self._advance()

    def _measuring_waits(self) -> bool:
        return any(ticket.lane == "measuring" for ticket in self._waiting)

    def _advance(self) -> None:
        """Grant from the head of the queue; a measuring job there stops new admissions."""
        while self._waiting and self._may_run(self._waiting[0].lane):
            ticket = self._waiting.popleft()
            self._n_running += 1
            self._is_measuring = ticket.lane == "measuring"
            ticket.granted.set()
        for place, ticket in enumerate(self._waiting, start=1):
            ticket.on_queue(place)
        if not self._is_measuring and not self._measuring_waits():
            self._quiet.set()

    def _may_run(self, lane: Lane) -> bool:
        if self._is_measuring:
            return False
        if lane == "measuring":
            return self._n_running == 0 and self._n_refilling == 0
        return self._n_running < self._n_shared
