"""Bodies that do not come, and bodies whose end could be in two places."""

from pathlib import Path

import anyio
import pytest

from tests.server.conftest import FakePool
from tests.server.test_http import ACCEPTS, ALICE, serving

pytestmark = pytest.mark.anyio


async def answer_to(url: str, *lines: str, body: str = "") -> bytes:
    """What is said to a request that no library would send."""
    host, _, port = url.removeprefix("http://").partition(":")
    head = "\r\n".join(
        [
            "POST /mcp HTTP/1.1",
            f"Host: {host}:{port}",
            f"Authorization: Bearer {ALICE}",
            *(f"{name}: {value}" for name, value in ACCEPTS.items()),
            *lines,
        ]
    )
    async with await anyio.connect_tcp(host, int(port)) as stream:
        await stream.send(f"{head}\r\n\r\n{body}".encode())
        return await stream.receive()


async def test_a_body_that_does_not_arrive_ends_with_a_time_out(tmp_path: Path) -> None:
    async with serving(tmp_path, FakePool()) as url:
        answer = await answer_to(url, "Content-Length: 100", body="{")

    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_body_that_could_end_in_two_places_is_refused(tmp_path: Path) -> None:
    """A proxy that goes by the length would hand on a request that nobody has checked."""
    smuggled = "0\r\n\r\nGET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    async with serving(tmp_path, FakePool()) as url:
        answer = await answer_to(
            url, "Content-Length: 5", "Transfer-Encoding: chunked", body=smuggled
        )

    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
