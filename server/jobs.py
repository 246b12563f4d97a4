"""The book of calls in flight and of results that wait to be fetched. Server only."""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import anyio
from anyio.abc import TaskGroup

from jax_workbench.server.describe import AnyTool
from jax_workbench.server.ledger import Ledger
from jax_workbench.server.log_lines import run_in_hand
from jax_workbench.server.reply import Answered, Ending, Failed
from jax_workbench.server.run_store import new_run_id
from jax_workbench.server.watch import Watch
from jax_workbench.tools.contract import Ask
from jax_workbench.tools.errors import ToolError

KEPT_S = 3600.0
"""How long a result waits for its get_job; the run store keeps it longer."""
KEPT_COUNT = 64
CLOSING_S = 1.5
"""Longer than the pool needs to kill a worker."""


class JobRecord:
    """One call: how it stands, and how it ended."""

    def __init__(self, tool: AnyTool, ask: Ask, owner: str) -> None:
        """The id cannot be guessed, since without tokens it is the only key to the job."""
        self.id = secrets.token_urlsafe(18)
        self.tool = tool
        self.ask = ask
        self.watch = Watch(new_run_id(tool.name), owner)
        self.created_at = self.changed_at = datetime.now(UTC)
        self.is_handed_over = False
        """The client knows the id, so the job outlives the call."""
        self.finished_at: float | None = None
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()
        self._why_cancelled = ""
        self._ending: Ending | None = None

    async def run(
        self, work: Callable[[AnyTool, Ask, Watch], Awaitable[Ending]], ledger: Ledger
    ) -> None:
        """Do the work, once; its end is kept here, and noted in `ledger`."""
        run_in_hand.set(self.watch.run_id)  # of this task alone
        with self._scope:
            self._ending = await work(self.tool, self.ask, self.watch)
        if self._ending is None:
            self._ending = Failed("cancelled", self._why_cancelled, "Call the tool again.")
        if isinstance(self._ending, Failed) and (left := self.watch.said_of_left()):
            step = f"{self._ending.next_step} {left}"
            self._ending = replace(self._ending, next_step=step)
        ledger.over(self.tool.name, self._ending, self.watch)
        self.finished_at, self.changed_at = time.monotonic(), datetime.now(UTC)
        self._done.set()

    def cancel(self, why: str) -> None:
        """Kill its jobs; does nothing once it is over. Who waits for it learns `why`."""
        self._why_cancelled = self._why_cancelled or why
        self._scope.cancel()

    async def wait(self, seconds: float) -> Ending | None:
        """How it ended; None where it goes on for longer than `seconds`."""
        with anyio.move_on_after(seconds):
            await self._done.wait()
        return self.ending()

    def ending(self) -> Ending | None:
        """How it ended, with the id under which it was fetched."""
        ending = self._ending if self.finished_at is not None else None
        if self.is_handed_over and isinstance(ending, Answered):
            run = {**ending.envelope["run"], "job_id": self.id}
            return Answered({**ending.envelope, "run": run}, ending.picture)
        return ending


class JobBook:
    """All calls that are not over, and the ended ones whose client got a handle."""

    def __init__(self, *, max_unfinished: int) -> None:
        """Refuse calls beyond `max_unfinished`; of one named caller, beyond half of that."""
        self._records: dict[str, JobRecord] = {}
        self._max_unfinished = max_unfinished
        self._group: TaskGroup | None = None
        self._is_closing = False
        self.ledger = Ledger()

    @property
    def n_unfinished(self) -> int:
        """Calls that are queued or running."""
        return sum(record.finished_at is None for record in self._records.values())

    def open(self, group: TaskGroup) -> None:
        """Run jobs in `group`, which lives as long as the server."""
        self._group = group

    def start(
        self,
        tool: AnyTool,
        ask: Ask,
        work: Callable[[AnyTool, Ask, Watch], Awaitable[Ending]],
        owner: str = "",
    ) -> JobRecord:
        """Start a job of `owner` in the background. Raises ToolError where there are too many."""
        if self._group is None:
            raise ToolError("cancelled", "The server is shutting down.", "Call again later.")
        self._tidy()
        if self.n_unfinished >= self._max_unfinished:
            raise ToolError(
                "device_busy",
                f"{self.n_unfinished} calls are already queued or running.",
                "Wait for one of them, or end one with cancel_job.",
            )
        n_own = sum(
            record.finished_at is None and record.watch.owner == owner
            for record in self._records.values()
        )
        if owner and n_own >= max(1, self._max_unfinished // 2):
            raise ToolError(
                "device_busy",
                f"{n_own} calls of this client are already queued or running, the most that one "
                "may have.",
                "Wait for one of them, or end one with cancel_job.",
            )
        record = JobRecord(tool, ask, owner)
        self._records[record.id] = record
        self._group.start_soon(record.run, work, self.ledger)
        return record

    def find(self, job_id: str, owner: str = "") -> JobRecord:
        """The job of that id. Raises ToolError (bad_argument) where `owner` has none."""
        record = self._records.get(job_id)
        if record is None or not record.is_handed_over or record.watch.owner != owner:
            raise ToolError(
                "bad_argument",
                "job_id: no such job; results are kept for an hour.",
                "Use the run.job_id of an answer whose status is running, or call the tool again.",
            )
        return record

    @property
    def is_closing(self) -> bool:
        """It takes no new calls any more."""
        return self._is_closing

    async def close(self, finish_s: float = 0.0) -> None:
        """End every job, so that each waiting call is answered; some may finish first.

        New calls are refused from now on. What is not done after `finish_s` is cancelled, and its
        caller told to call again.
        """
        self._group, self._is_closing = None, True
        with anyio.move_on_after(finish_s):
            for record in [*self._records.values()]:
                await record.wait(finish_s)
        for record in self._records.values():
            record.cancel("The server is shutting down.")
        with anyio.move_on_after(CLOSING_S):
            for record in [*self._records.values()]:
                await record.wait(CLOSING_S)

    def _tidy(self) -> None:
        """Forget results that were delivered, are too old, or are too many."""
        now = time.monotonic()
        ended = [r for r in self._records.values() if r.finished_at is not None]
        for age, record in enumerate(sorted(ended, key=_finished_at, reverse=True)):
            is_old = age >= KEPT_COUNT or now - _finished_at(record) > KEPT_S
            if is_old or not record.is_handed_over:
                del self._records[record.id]


def _finished_at(record: JobRecord) -> float:
    return record.finished_at or 0.0
