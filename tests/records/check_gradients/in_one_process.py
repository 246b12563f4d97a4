"""The tool's own plan and jobs, all in this process: for many checks in a short time."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import jax

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk
from jax_workbench.tools.check_gradients.plan import plan
from jax_workbench.tools.contract import JobResult, Lane, Measured, Saved, Shape


@dataclass
class DirectJob:
    """What a job gets, without a sandbox around it."""

    blobs: Mapping[str, bytes]
    saved: list[Saved] = field(default_factory=list[Saved])

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep for the next job."""
        self.saved.append(Saved(name, content, mime_type))


class DirectJobs:
    """Runs a plan's jobs by calling them."""

    def __init__(self, limit_s: float = 600) -> None:
        """`limit_s` is what the whole call may take."""
        self.inputs: Mapping[str, bytes] = {}
        self._end = time.monotonic() + limit_s

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
        """Call the function that `work` names."""
        del lane, shape, seed, timeout_s
        module, _, name = work.partition(":")
        job = DirectJob(blobs or {})
        with jax.enable_x64(x64):
            value = getattr(import_module(module), name)(dict(argument), job)
        measured = Measured(0.0, 0.0, 0.0, 0.0, "", "")
        return JobResult(value, tuple(job.saved), "", "", False, False, measured)

    def left_s(self) -> float:
        """Seconds until the limit."""
        return self._end - time.monotonic()

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def keep(self, saved: Saved) -> str:
        """Nothing is kept."""
        return saved.name


def check(ask: CheckGradientsAsk) -> CheckGradientsAnswer:
    """Run one call."""
    return asyncio.run(plan(ask, DirectJobs()))
