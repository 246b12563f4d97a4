"""Keeps one token from holding all sessions of the 2025 revision. Server only.

The SDK bounds their number, but not whose they are: without this one client's sessions, left open,
would lock every other one out until they are idle for long enough.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from itertools import count

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/mcp"
SESSION_HEADER = "mcp-session-id"


class SessionShare:
    """An ASGI application around another one."""

    def __init__(
        self,
        app: ASGIApp,
        max_sessions: int,
        idle_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Of one token at most `max_sessions`; those that said nothing for `idle_s` are over."""
        self._app = app
        self._max_sessions = max_sessions
        self._idle_s = idle_s
        self._now = now
        self._numbers = count()
        self._heard: dict[bytes, OrderedDict[str, float]] = {}
        """By caller: when each of its sessions was last heard of, the oldest first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; refuse one that would open a session too many."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        caller = caller_of(headers)
        session = headers.get(SESSION_HEADER, "")
        mine = self._alive(caller)
        if session in mine:
            mine.move_to_end(session)
            mine[session] = self._now()
            if scope["method"] == "DELETE":
                del mine[session]
        if session or not _opens_one(scope["path"], headers):
            await self._app(scope, receive, send)
            return
        if len(mine) >= self._max_sessions:
            text = f"This token has {len(mine)} sessions open, the most that one may have: end one."
            await PlainTextResponse(text, 429)(scope, receive, send)
            return
        place = f"opening {next(self._numbers)}"  # taken at once: many may be opening at a time
        mine[place] = self._now()
        self._heard[caller] = mine

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                opened = Headers(raw=message["headers"]).get(SESSION_HEADER)
                if opened:
                    mine[opened] = mine.pop(place, self._now())
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            mine.pop(place, None)

    def _alive(self, caller: bytes) -> OrderedDict[str, float]:
        mine = self._heard.get(caller, OrderedDict[str, float]())
        while mine and next(iter(mine.values())) < self._now() - self._idle_s:
            mine.popitem(last=False)
        if not mine:
            self._heard.pop(caller, None)
        return mine


def caller_of(headers: Headers) -> bytes:
    """Whose request it is, good token or not, without keeping the token."""
    return sha256(headers.get("authorization", "").encode()).digest()


def _opens_one(path: str, headers: Headers) -> bool:
    """Without a session; the SDK, too, tells the revisions apart by this header alone."""
    version = headers.get("mcp-protocol-version")
    return path == PATH and (version is None or version in HANDSHAKE_PROTOCOL_VERSIONS)
