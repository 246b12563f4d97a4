"""Ends requests whose body does not arrive in time, as ASGI middleware. Server only."""

import math

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_S = 20.0
REQUEST_TIMEOUT = 408


class SlowBodies:
    """Answers 408 where a body takes longer than `body_s`; what comes after it may take its time.

    By cancelling: the transport turns exceptions of its reader into answers of its own.
    """

    def __init__(self, app: ASGIApp, body_s: float = BODY_S) -> None:
        """Guard `app`."""
        self._app = app
        self._body_s = body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if not _has_body(scope):
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
            headers = {"connection": "close"}
            response = PlainTextResponse(text, REQUEST_TIMEOUT, headers)
            await response(scope, receive, send)


def _has_body(scope: Scope) -> bool:
    if scope["type"] != "http":
        return False
    headers = dict(scope["headers"])
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
