"""Tells a waiting client every few seconds how its call stands. Server only."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio

from jax_workbench.server.watch import Watch

BEAT_S = 4.0
"""A sign of life at least that often, whatever the job does; the promise is 5 s."""
PAUSE_S = 0.5
"""Between two messages at least, however much a job says."""

type Report = Callable[[float, float | None, str | None], Awaitable[None]]
"""(progress, total, message); does nothing where the client asked for no progress."""


async def no_report(_progress: float, _total: float | None, _message: str | None) -> None:
    """For callers that show no progress."""


@asynccontextmanager
async def heartbeats(
    report: Report, watch: Watch, beat_s: float = BEAT_S, pause_s: float = PAUSE_S
) -> AsyncGenerator[None]:
    """Report `watch` while the body runs: seconds so far (always rising) and the latest message."""
    async with anyio.create_task_group() as group:
        group.start_soon(_beat, report, watch, beat_s, pause_s)
        try:
            yield
        finally:
            group.cancel_scope.cancel()


async def _beat(report: Report, watch: Watch, beat_s: float, pause_s: float) -> None:
    last_s, told = 0.0, ""
    while True:
        if told == watch.said():
            with anyio.move_on_after(beat_s):
                await watch.changed.wait()
        last_s, told = max(watch.elapsed_s(), last_s + 1e-3), watch.said()
        try:
            await report(round(last_s, 3), None, told)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # the client is gone: nobody is left to tell
        await anyio.sleep(pause_s)
