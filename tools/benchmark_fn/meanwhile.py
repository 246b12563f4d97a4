"""Doing something again and again until a job is done. Runs in the server."""

from collections.abc import Awaitable, Callable

import anyio

from jax_workbench.tools.errors import ToolError


async def meanwhile[T](work: Awaitable[T], every_s: float, action: Callable[[], None]) -> T:
    """Do `work`, and `action` at its start and every `every_s` seconds until it is done."""
    results: list[T] = []
    failures: list[ToolError] = []

    async def repeat() -> None:
        while True:
            action()
            await anyio.sleep(every_s)

    async with anyio.create_task_group() as group:
        group.start_soon(repeat)
        try:
            results.append(await work)
        except ToolError as error:  # raised again outside: from here it would arrive in a group
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return results[0]
