"""Who may run when: many shared jobs or one measuring job; clients take turns.

Of one client's jobs the first come is served first; of several clients' the next one is whose has
the fewest jobs running or waiting before it, then who has not been served for longest.

Runs in the host. Refilling the pool costs CPU time that a measurement would see, so it is a third
kind of user: it waits for no job to measure, and a measuring job waits for it.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import anyio

from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.policy import Lane


@dataclass(eq=False)
class _Ticket:
    lane: Lane
    client: str
    on_queue: Callable[[int], None]
    number: int
    """Of arrival."""
    granted: anyio.Event = field(default_factory=anyio.Event)


class Lanes:
    """A fair lock with a shared and an exclusive side."""

    def __init__(self, n_shared: int, max_queued: int) -> None:
        """At most `n_shared` jobs side by side; at most `max_queued` wait."""
        self._n_shared = n_shared
        self._max_queued = max_queued
        self._waiting: list[_Ticket] = []
        self._running: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        """When each client was last let in, on the clock of arrivals."""
        self._numbers = count()
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
        return self._running.total()

    @property
    def n_queued(self) -> int:
        """Jobs that wait for one."""
        return len(self._waiting)

    @asynccontextmanager
    async def enter(
        self, lane: Lane, on_queue: Callable[[int], None], client: str = ""
    ) -> AsyncGenerator[None]:
        """Hold `lane`. `on_queue` hears the place in the queue, then 0.

        Raises:
            SandboxError: `device_busy`, when too many wait already; a client with a name may fill
                no more than half of the queue.
        """
        if len(self._waiting) >= self._max_queued:
            raise SandboxError(
                "device_busy",
                f"{len(self._waiting)} jobs wait already, the most this server queues.",
                "Call again later.",
            )
        n_own = sum(ticket.client == client for ticket in self._waiting)
        if client and n_own >= max(1, self._max_queued // 2):
            raise SandboxError(
                "device_busy",
                f"{n_own} jobs of this client wait already, the most that one may queue.",
                "Call again when one of them has ended.",
            )
        ticket = _Ticket(lane, client, on_queue, next(self._numbers))
        self._waiting.append(ticket)
        self._advance()
        try:
            await ticket.granted.wait()
        except BaseException:
            if ticket.granted.is_set():
                self._leave(ticket)
            else:
                self._waiting.remove(ticket)
                self._advance()
            raise
        try:
            on_queue(0)
            yield
        finally:
            self._leave(ticket)

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

    def _leave(self, ticket: _Ticket) -> None:
        self._running[ticket.client] -= 1
        self._running += Counter()  # forgets who has none
        if ticket.lane == "measuring":
            self._is_measuring = False
        self._advance()

    def _measuring_waits(self) -> bool:
        return any(ticket.lane == "measuring" for ticket in self._waiting)

    def _advance(self) -> None:
        """Grant from the head of the queue; a measuring job there stops new admissions."""
        self._take_turns()
        while self._waiting and self._may_run(self._waiting[0].lane):
            ticket = self._waiting.pop(0)
            self._running[ticket.client] += 1
            self._served[ticket.client] = next(self._numbers)
            self._is_measuring = ticket.lane == "measuring"
            ticket.granted.set()
        for place, ticket in enumerate(self._waiting, start=1):
            ticket.on_queue(place)
        if not self._is_measuring and not self._measuring_waits():
            self._quiet.set()

    def _take_turns(self) -> None:
        """Order by how many jobs of the same client come before, then by who was served last."""
        before = self._running.copy()
        turns: list[tuple[tuple[int, int], _Ticket]] = []
        for ticket in sorted(self._waiting, key=lambda waiting: waiting.number):
            place = (before[ticket.client], self._served.get(ticket.client, -1))
            turns.append((place, ticket))
            before[ticket.client] += 1
        self._waiting = [ticket for _, ticket in sorted(turns, key=lambda turn: turn[0])]

    def _may_run(self, lane: Lane) -> bool:
        if self._is_measuring:
            return False
        if lane == "measuring":
            return self.n_running == 0 and self._n_refilling == 0
        return self.n_running < self._n_shared
