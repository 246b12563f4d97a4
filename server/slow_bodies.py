"""Ends requests whose body does not arrive in time, or could end in two places. Server only."""

import math

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_S = 20.0
BAD_REQUEST, REQUEST_TIMEOUT = 400, 408
CLOSING = {"connection": "close"}


class SlowBodies:
    """Answers 408 where a body takes longer than `body_s`; what comes after it may take its time.

    By cancelling: the transport turns exceptions of its reader into answers of its own. A body with
    both a length and chunks is refused (400): a proxy may see its end, and the next request, in
    another place than this server does (RFC 9112, 6.1).
    """

    def __init__(self, app: ASGIApp, body_s: float = BODY_S) -> None:
        """Guard `app`."""
        self._app = app
        self._body_s = body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        is_chunked = b"transfer-encoding" in headers
        if is_chunked and b"content-length" in headers:
            text = "Send Content-Length or Transfer-Encoding, not both."
            response = PlainTextResponse(text, BAD_REQUEST, CLOSING)
            await response(scope, receive, send)
            return
        if not is_chunked and headers.get(b"content-length", b"0") == b"0":
            await self._app(scope, receive, send)
            return
        has_answered = False

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                limit.deadline = math.inf
            return message

        async def watched_send(message: Message) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        with anyio.CancelScope(deadline=anyio.current_time() + self._body_s) as limit:
            await self._app(scope, watched_receive, watched_send)
        if limit.cancelled_caught and not has_answered:
            text = f"The body did not arrive within {self._body_s:g} s."
            response = PlainTextResponse(text, REQUEST_TIMEOUT, CLOSING)
            await response(scope, receive, send)
