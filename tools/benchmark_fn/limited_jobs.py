"""A part of a call's time, for jobs that must leave some to those after them. Server."""

from collections.abc import Mapping
from typing import Any

from jax_workbench.tools.contract import JobResult, Jobs, Lane, Saved, Shape


class LimitedJobs:
    """`Jobs` that end after some seconds; everything else is that of the call's own."""

    def __init__(self, jobs: Jobs, limit_s: float) -> None:
        """Let `jobs` run for at most `limit_s` seconds from now."""
        self.jobs = jobs
        self.inputs = jobs.inputs
        # By the call's own clock, which stands still while its jobs are queued.
        self.left_after_s = jobs.left_s() - limit_s

    async def run(  # noqa: PLR0913 - the contract's signature
        self,
        work: str,
        argument: Mapping[str, Any],
        *,
        blobs: Mapping[str, bytes] | None = None,
        lane: Lane = "shared",
        shape: Shape | None = None,
        x64: bool = False,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Run a job within what is left."""
        left_s = max(0.1, self.left_s())
        return await self.jobs.run(
            work,
            argument,
            blobs=blobs,
            lane=lane,
            shape=shape,
            x64=x64,
            seed=seed,
            timeout_s=left_s if timeout_s is None else min(left_s, timeout_s),
        )

    def left_s(self) -> float:
        """Wall seconds left of the limit, or of the call where that is less."""
        left_s = self.jobs.left_s()
        return min(left_s, left_s - self.left_after_s)

    def progress(self, message: str) -> None:
        """Say what is being done."""
        self.jobs.progress(message)

    def keep(self, saved: Saved) -> str:
        """Make `saved` an artifact of the run."""
        return self.jobs.keep(saved)
