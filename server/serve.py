"""Serves on standard input and output, and ends clean however it is ended. Server only."""

import os
import signal
import sys
import threading

import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server

from jax_workbench.server.jobs import JobBook

GRACE_S = 5.0
"""Longer than ending the jobs and the pool takes."""
WRITING_S = 0.1
"""For the last answers to reach the pipe."""
TO_A_PERSON = (
    "jax-workbench waits for an MCP client on stdin, and this looks like a terminal. "
    "`jax-workbench config CLIENT` says how a client starts it, `jax-workbench demo` shows what it "
    "does; Ctrl-C ends it.\n"
)


async def serve_stdio(server: Server[None], jobs: JobBook) -> int:
    """Serve until the client hangs up, or until SIGTERM or SIGINT.

    A signal answers each call in flight, ends the jobs and the pool, and exits the process with
    128 plus the signal's number. Returns 0 after the client has hung up.
    """
    code, session = 0, anyio.CancelScope()
    is_terminal = sys.stdin.isatty()  # below, stdio_server puts something else in its place

    async def watch() -> None:
        nonlocal code
        code = await first_signal()
        backstop = threading.Timer(GRACE_S, os._exit, (code,))
        backstop.daemon = True
        backstop.start()
        await jobs.close()
        await anyio.sleep(WRITING_S)
        session.cancel()

    async def tell() -> None:
        if is_terminal:
            sys.stderr.write(TO_A_PERSON)
            sys.stderr.flush()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        group.start_soon(tell)  # once Ctrl-C is heard
        with session:
            async with stdio_server() as (incoming, outgoing):
                try:
                    await server.run(incoming, outgoing, server.create_initialization_options())
                finally:  # the lifespan has ended: no job and no pool is left
                    if code:
                        # stdio_server would wait for its reader thread, which waits for stdin.
                        os._exit(code)
        group.cancel_scope.cancel()
    return code


async def first_signal() -> int:
    """Wait for SIGTERM or SIGINT; returns 128 plus its number. A second one kills."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        return 128 + await anext(aiter(signals))
