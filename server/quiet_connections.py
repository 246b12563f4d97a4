"""Ends connections that send no request, or only the beginning of one. Server only.

Uvicorn waits for a request's head without end, and counts such connections among those that it
serves: without this anybody could hold all of them, without a token and without a word.
"""

import asyncio
from functools import partial
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
MAX_QUIET = 128
_TIMED_OUT = 408


class QuietConnections:
    """The connections of one server that have no request in hand."""

    def __init__(self, head_s: float = HEAD_S, max_quiet: int = MAX_QUIET) -> None:
        """End each after `head_s`; of more than `max_quiet` the one that is quiet for longest.

        Who has a request sends it while connecting, and is not that one.
        """
        self._head_s = head_s
        self._max_quiet = max_quiet
        self._timers: dict[Connection, asyncio.TimerHandle] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """What uvicorn makes its connections of."""
        return cast("type[asyncio.Protocol]", partial(Connection, self))

    def add(self, connection: "Connection") -> None:
        """Count from now on, unless it counts already."""
        if connection in self._timers:
            return
        self._timers[connection] = connection.loop.call_later(self._head_s, connection.end)
        if len(self._timers) > self._max_quiet:
            next(iter(self._timers)).end()

    def remove(self, connection: "Connection") -> None:
        """It has a request, or is gone."""
        if timer := self._timers.pop(connection, None):
            timer.cancel()


class Connection(H11Protocol):
    """A connection that is quiet until a whole head is here, and again after the answer."""

    def __init__(self, quiet: QuietConnections, **options: Any) -> None:
        """Be counted by `quiet`; `options` are uvicorn's."""
        super().__init__(**options)
        self._quiet = quiet

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - uvicorn's own type
        """It begins."""
        super().connection_made(transport)
        self._note()

    def data_received(self, data: bytes) -> None:
        """More of a head or of a body."""
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        """An answer is out; the next request may be here already."""
        super().on_response_complete()
        self._note()

    def connection_lost(self, exc: Exception | None) -> None:
        """It ends."""
        self._quiet.remove(self)
        super().connection_lost(exc)

    def _note(self) -> None:
        cycle = cast("Any", self.cycle)  # None before the first request
        if self.transport.is_closing() or (cycle and not cycle.response_complete):
            self._quiet.remove(self)
        else:
            self._quiet.add(self)

    def end(self) -> None:
        """Hang up; say why where no answer has been begun."""
        self._quiet.remove(self)
        if self.conn.our_state is not h11.IDLE:
            self.transport.abort()  # closing would wait for a client that reads nothing
            return
        headers = [(b"connection", b"close"), (b"content-length", b"0")]
        answer = h11.Response(status_code=_TIMED_OUT, headers=headers, reason=b"Request Timeout")
        for event in (answer, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
