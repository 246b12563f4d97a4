"""Keeps one token from having all requests in hand that the server takes. Server only.

An answer that nobody reads, or a stream that is kept open, holds its connection for as long as the
client likes; with those of one token alone everybody else would be refused.
"""

from collections import Counter

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from jax_workbench.server.session_share import caller_of


class RequestShare:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        """Of one token at most `max_requests` at a time."""
        self._app = app
        self._max_requests = max_requests
        self._open: Counter[bytes] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; refuse one too many."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = caller_of(Headers(scope=scope))
        if self._open[caller] >= self._max_requests:
            text = f"This token has {self._max_requests} requests open: let one end first."
            await PlainTextResponse(text, 429)(scope, receive, send)
            return
        self._open[caller] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
