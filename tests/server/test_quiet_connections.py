"""What becomes of connections that say nothing, or never finish saying it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
import uvicorn
from anyio.abc import SocketStream
from starlette.types import Message, Receive, Scope, Send

from jax_workbench.server.http import WebServer
from jax_workbench.server.quiet_connections import QuietConnections
from jax_workbench.server.request_share import RequestShare

pytestmark = pytest.mark.anyio
LIMIT_S = 30
LONG_S = 3000.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Say yes to everything."""
    headers = [(b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"yes"})


@asynccontextmanager
async def listening(quiet: QuietConnections) -> AsyncGenerator[int]:
    """The port of a server that answers every request."""
    config = uvicorn.Config(
        answer, port=0, log_config=None, http=quiet.protocol(), lifespan="off",
        timeout_keep_alive=int(LONG_S), timeout_graceful_shutdown=1,
    )  # fmt: skip
    web = WebServer(config)
    with anyio.fail_after(LIMIT_S):
        async with anyio.create_task_group() as group:
            group.start_soon(web.serve)
            while not web.started:
                await anyio.lowlevel.checkpoint()
            yield web.servers[0].sockets[0].getsockname()[1]
            web.should_exit = True


async def connect(port: int) -> SocketStream:
    return await anyio.connect_tcp("127.0.0.1", port)


async def all_of(stream: SocketStream) -> bytes:
    """What is said until the server hangs up."""
    said = b""
    try:
        while True:
            said += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return said


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost:"], ids=["nothing", "half a head"])
async def test_a_request_that_does_not_come_ends_with_a_time_out(said: bytes) -> None:
    async with listening(QuietConnections(head_s=0.1)) as port, await connect(port) as stream:
        await stream.send(said)
        heard = await all_of(stream)

    assert heard.startswith(b"HTTP/1.1 408 ")


async def test_the_longest_silent_ones_make_room_for_who_has_a_request() -> None:
    async with listening(QuietConnections(head_s=LONG_S, max_quiet=2)) as port:
        silent = [await connect(port) for _ in range(5)]
        first = [await all_of(stream) for stream in silent[:3]]
        async with await connect(port) as client:
            await client.send(GET)
            heard = await client.receive()
        for stream in silent:
            await stream.aclose()

    assert [one.split()[1] for one in first] == [b"408"] * 3
    assert heard.startswith(b"HTTP/1.1 200 ")


async def test_a_body_that_goes_on_after_the_answer_is_cut_off() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    async with listening(QuietConnections(head_s=0.1)) as port, await connect(port) as stream:
        await stream.send(head)
        heard = await all_of(stream)

    assert heard.startswith(b"HTTP/1.1 200 ")


async def test_one_connection_may_ask_again_and_again() -> None:
    heard: list[bytes] = []
    quiet = QuietConnections(head_s=LONG_S, max_quiet=1)
    async with listening(quiet) as port, await connect(port) as stream:
        for _ in range(3):
            await stream.send(GET)
            heard.append(await stream.receive())

    assert [one.split()[1] for one in heard] == [b"200"] * 3


async def test_one_token_has_its_share_of_open_requests_and_another_its_own() -> None:
    may_end, begun = anyio.Event(), anyio.Event()

    async def waits(_scope: Scope, _receive: Receive, send: Send) -> None:
        begun.set()
        await may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    share = RequestShare(waits, max_requests=1)
    statuses: list[tuple[bytes, int]] = []

    async def ask(token: bytes) -> None:
        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append((token, message["status"]))

        scope = {"type": "http", "headers": [(b"authorization", token)]}
        await share(scope, receive, send)

    with anyio.fail_after(LIMIT_S):
        async with anyio.create_task_group() as group:
            group.start_soon(ask, b"alice")
            await begun.wait()
            await ask(b"alice")
            group.start_soon(ask, b"bob")
            may_end.set()
        await ask(b"alice")

    assert statuses == [(b"alice", 429), (b"alice", 200), (b"bob", 200), (b"alice", 200)]
