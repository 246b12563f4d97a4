"""What the server needs of a sandbox, local or elsewhere."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from jax_workbench.sandbox.policy import Blob, JobSpec, Outcome, PoolStatus


class Pool(Protocol):
    """Runs jobs. Entered once (`async with pool:`) by the server's lifespan.

    `run` raises SandboxError where there is no value; cancelling it kills the job and returns only
    when the job is gone. `on_progress` is called with what the job says it is doing, and
    `on_queue` with the place in the queue while it waits (0: running). `on_draft` gets what the
    job leaves in case that it is ended before its value; a later draft replaces an earlier one.
    """

    async def __aenter__(self) -> Self:
        """Start, without waiting until a worker is ready."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """End every job and every process."""
        ...

    async def run(
        self,
        spec: JobSpec,
        *,
        on_progress: Callable[[str], None] = ...,
        on_queue: Callable[[int], None] = ...,
        on_draft: Callable[[Blob], None] = ...,
    ) -> Outcome:
        """Run one job."""
        ...

    def status(self) -> PoolStatus:
        """How the sandbox stands now."""
        ...
