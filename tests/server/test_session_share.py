"""How many sessions one token may hold open."""

from collections import Counter

import pytest
from starlette.types import Message, Receive, Scope, Send

from jax_workbench.server.session_share import SessionShare

pytestmark = pytest.mark.anyio
IDLE_S = 100.0


class Sdk:
    """Opens a session for each request that has none, as the SDK does."""

    def __init__(self) -> None:
        """Nothing is open."""
        self.n_opened = 0

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with a new session's name."""
        self.n_opened += 1
        headers = [(b"mcp-session-id", str(self.n_opened).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class Clock:
    """Stands still unless it is set."""

    def __init__(self) -> None:
        """Begin."""
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Guarded:
    """Two sessions a token."""

    def __init__(self) -> None:
        """Around an SDK of its own."""
        self.clock = Clock()
        self.sdk = Sdk()
        self._app = SessionShare(self.sdk, max_sessions=2, idle_s=IDLE_S, now=self.clock)

    async def status(
        self, token: str, session: str = "", method: str = "POST", path: str = "/mcp", **more: str
    ) -> int:
        """What one request is answered with."""
        heard: list[Message] = []
        headers = {"authorization": token, **({"mcp-session-id": session} if session else {})}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw}

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            heard.append(message)

        await self._app(scope, receive, send)
        return heard[0]["status"]


async def test_one_token_is_refused_a_session_too_many_and_another_is_not() -> None:
    guarded = Guarded()

    statuses = Counter([await guarded.status("alice") for _ in range(5)])
    bobs = await guarded.status("bob")

    assert statuses == {200: 2, 429: 3}
    assert bobs == 200
    assert guarded.sdk.n_opened == 3


async def test_an_open_session_goes_on_at_the_limit() -> None:
    guarded = Guarded()
    for _ in range(3):
        await guarded.status("alice")

    assert await guarded.status("alice", session="1") == 200


@pytest.mark.parametrize("ending", ["deleted", "idle"])
async def test_a_session_that_has_ended_makes_room(ending: str) -> None:
    guarded = Guarded()
    for _ in range(2):
        await guarded.status("alice")
    if ending == "deleted":
        await guarded.status("alice", session="1", method="DELETE")
    else:
        guarded.clock.now = IDLE_S - 1
        await guarded.status("alice", session="1")  # the other one says nothing
        guarded.clock.now = IDLE_S + 1

    assert await guarded.status("alice") == 200
    assert await guarded.status("alice") == 429


async def test_what_opens_no_session_is_not_counted() -> None:
    guarded = Guarded()
    for _ in range(2):
        await guarded.status("alice")

    assert await guarded.status("alice", mcp_protocol_version="2026-07-28") == 200
    assert await guarded.status("alice", path="/metrics") == 200
    assert await guarded.status("alice", mcp_protocol_version="2025-11-25") == 429
