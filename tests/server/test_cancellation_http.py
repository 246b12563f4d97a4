"""Who ends a call over HTTP, and how the server itself ends: the rest of the matrix.

What cancels on stdio is in test_stdio.py, what closes a 2026 stream in test_http.py.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from jax_workbench.server.jobs import JobBook
from jax_workbench.server.reply import Answered, Failed
from jax_workbench.server.watch import Watch
from tests.server.conftest import ECHO, EchoAsk, FakePool, Held
from tests.server.test_http import ACCEPTS, ALICE, INITIALIZE, LIMIT_S, bearer, serving
from tests.server.test_stdio import ENDING_S, STARTING_S, all_gone, handles_of_descendants

pytestmark = pytest.mark.anyio

CALL = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "echo_code", "arguments": {"code": "1"}},
}


@asynccontextmanager
async def session_of_2025(url: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """An HTTP client with a session, and no client library between."""
    async with httpx2.AsyncClient(headers=ACCEPTS | bearer(ALICE), timeout=LIMIT_S) as http:
        got = await http.post(f"{url}/mcp", content=json.dumps(INITIALIZE))
        http.headers["mcp-session-id"] = got.headers["mcp-session-id"]
        http.headers["mcp-protocol-version"] = "2025-11-25"
        await notify(http, url, "notifications/initialized", {})
        yield http


async def notify(http: httpx2.AsyncClient, url: str, method: str, params: dict[str, Any]) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    got = await http.post(f"{url}/mcp", content=json.dumps(message))
    assert got.status_code == 202


async def test_a_2025_client_that_closes_its_stream_leaves_the_call_alone(tmp_path: Path) -> None:
    held = Held()
    pool = FakePool(behave=held)
    with anyio.fail_after(LIMIT_S):
        async with serving(tmp_path, pool) as url, session_of_2025(url) as http:
            async with http.stream("POST", f"{url}/mcp", content=json.dumps(CALL)):
                await held.started.wait()
            got = await http.get(f"{url}/metrics")
            held.let_go.set()

    assert "jax_workbench_calls_unfinished 1" in got.text
    assert pool.n_killed == 0


async def test_a_2025_client_cancels_with_a_notification(tmp_path: Path) -> None:
    held = Held()
    pool = FakePool(behave=held)
    with anyio.fail_after(LIMIT_S):
        async with (
            serving(tmp_path, pool) as url,
            session_of_2025(url) as http,
            http.stream("POST", f"{url}/mcp", content=json.dumps(CALL)),
        ):
            await held.started.wait()
            await notify(http, url, "notifications/cancelled", {"requestId": 2})
            await pool.killed.wait()

    assert pool.n_killed == 1


async def test_a_call_that_is_nearly_done_may_finish_and_new_ones_are_refused() -> None:
    book, begun, go_on = JobBook(max_unfinished=4), anyio.Event(), anyio.Event()

    async def work(_tool: Any, _ask: Any, _watch: Watch) -> Answered:
        begun.set()
        await go_on.wait()
        return Answered({"status": "ok", "run": {}})

    async with anyio.create_task_group() as group:
        book.open(group)
        record = book.start(ECHO, EchoAsk(code="1"), work)
        await begun.wait()
        group.start_soon(book.close, LIMIT_S)
        await anyio.wait_all_tasks_blocked()
        assert book.is_closing
        with pytest.raises(Exception, match="shutting down"):
            book.start(ECHO, EchoAsk(code="1"), work)
        go_on.set()
        assert isinstance(await record.wait(LIMIT_S), Answered)


async def test_a_call_that_does_not_finish_in_time_is_answered_as_cancelled() -> None:
    book = JobBook(max_unfinished=4)

    async def work(_tool: Any, _ask: Any, _watch: Watch) -> Answered:
        await anyio.sleep_forever()
        raise AssertionError

    ending = None
    async with anyio.create_task_group() as group:
        book.open(group)
        record = book.start(ECHO, EchoAsk(code="1"), work)
        await anyio.wait_all_tasks_blocked()
        await book.close(0.01)
        ending = record.ending()

    assert isinstance(ending, Failed)
    assert ending.code == "cancelled"


@dataclass
class Served:
    """A real server over HTTP in a process of its own."""

    process: anyio.abc.Process
    url: str


@asynccontextmanager
async def real_server(state: Path, **settings: str) -> AsyncGenerator[Served]:
    """Started, and healthy."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "JAX_WORKBENCH_STATE_DIR": str(state), **settings}
    command = [sys.executable, "-m", "jax_workbench.server", "serve", "--http"]
    process = await anyio.open_process([*command, f"127.0.0.1:{port}"], stderr=None, env=env)
    served = Served(process, f"http://127.0.0.1:{port}")
    try:
        with anyio.fail_after(STARTING_S):
            async with httpx2.AsyncClient() as http:
                while True:
                    try:
                        await http.get(f"{served.url}/health")
                        break
                    except httpx2.ConnectError:
                        await anyio.sleep(0.05)
        yield served
    finally:
        if process.returncode is None:
            process.kill()
        await process.aclose()


async def _say(said: list[str], running: anyio.Event, client: Client) -> None:
    """Call code that never ends; note how the call ends."""

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        del progress, total
        if message == "running the code":
            running.set()

    try:
        got = await client.call_tool(
            "run_jax_code", {"code": "while True: pass"}, progress_callback=heard
        )
        said.append(str(getattr(got.content[0], "text", "")))
    except Exception as error:  # noqa: BLE001 - a server that is killed hangs up somehow
        said.append(f"{type(error).__name__}")


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize(
    ("ending", "code"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)],
    ids=["SIGTERM", "SIGINT", "SIGKILL"],
)
async def test_a_busy_http_server_answers_ends_and_leaves_no_process(
    ending: signal.Signals, code: int, mode: str, tmp_path: Path
) -> None:
    said: list[str] = []
    handles: list[int] = []
    ended_with: int | None = None
    async with (
        real_server(tmp_path, JAX_WORKBENCH_FINISH_S="0.2") as served,
        httpx2.AsyncClient(timeout=STARTING_S) as http,
    ):
        transport = streamable_http_client(f"{served.url}/mcp", http_client=http)
        running = anyio.Event()
        # The client's own end may hang once its server is gone: what counts is noted before.
        with anyio.move_on_after(STARTING_S + 2 * ENDING_S):
            async with Client(transport, mode=mode) as client, anyio.create_task_group() as group:
                group.start_soon(_say, said, running, client)
                await running.wait()
                handles = handles_of_descendants(served.process.pid)
                served.process.send_signal(ending)
                with anyio.fail_after(ENDING_S):
                    ended_with = await served.process.wait()
                await all_gone(handles)
                if ending is signal.SIGKILL:
                    group.cancel_scope.cancel()
    assert len(handles) >= 3  # the jail, the zygote, the job
    assert ended_with == code
    if ending is not signal.SIGKILL:
        assert said[0].startswith("cancelled: The server is shutting down.")
