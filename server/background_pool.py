"""Enters the sandbox's pool in the background, so that no client waits for it. Server only."""

import logging
from collections.abc import Callable
from dataclasses import replace

import anyio

from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.face import Pool
from jax_workbench.sandbox.policy import Blob, JobSpec, Outcome, PoolStatus

CLOSING_S = 3.0
"""After that a pool that does not end is left to the kernel, which kills it with the server."""
REMEDY = "Read the server's log on stderr, mend what it names and restart the server."

logger = logging.getLogger(__name__)


class BackgroundPool:
    """The pool's face, from the first moment; jobs wait until the pool itself is there."""

    def __init__(self, pool: Pool) -> None:
        """Enter `pool` when `hold` runs."""
        self._pool = pool
        self._entered = anyio.Event()
        self._leaving = anyio.Event()
        self._scope = anyio.CancelScope(shield=True)
        self._problem = ""

    async def hold(self) -> None:
        """Be in the pool until `leave`; runs in a task of its own.

        Shielded: a pool that is cancelled half-way would leave processes behind.
        """
        with self._scope:
            try:
                async with self._pool:
                    self._entered.set()
                    await self._leaving.wait()
            except Exception:
                logger.exception("The sandbox's pool failed.")
                self._problem = "The sandbox did not start; the server's log says why."
        self._entered.set()

    def leave(self) -> None:
        """Let `hold` leave the pool, which kills every job; wherever it is, it ends soon."""
        self._leaving.set()
        self._scope.deadline = anyio.current_time() + CLOSING_S

    async def run(
        self,
        spec: JobSpec,
        *,
        on_progress: Callable[[str], None],
        on_queue: Callable[[int], None],
        on_draft: Callable[[Blob], None],
    ) -> Outcome:
        """Run a job once the pool is there. Raises SandboxError."""
        if not self._entered.is_set():
            on_queue(1)
            await self._entered.wait()
            on_queue(0)
        if self._problem:
            raise SandboxUnavailable(self._problem, REMEDY)
        return await self._pool.run(
            spec, on_progress=on_progress, on_queue=on_queue, on_draft=on_draft
        )

    def status(self) -> PoolStatus:
        """How the sandbox stands."""
        status = self._pool.status()
        if self._problem:
            return replace(status, problem=self._problem, remedy=REMEDY, is_ready=False)
        return status
