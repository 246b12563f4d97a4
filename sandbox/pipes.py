"""Reading and writing file descriptors from the event loop. Runs in the host."""

import os
from collections.abc import Callable

import anyio
import anyio.lowlevel

_PIECE_BYTES = 1 << 18


async def read_piece(descriptor: int) -> bytes:
    """The next bytes of a non-blocking pipe; empty at its end."""
    while True:
        try:
            return os.read(descriptor, _PIECE_BYTES)
        except BlockingIOError:
            await anyio.wait_readable(descriptor)


async def drain(descriptor: int, take: Callable[[bytes], None]) -> None:
    """Feed `take` until the pipe ends."""
    while piece := await read_piece(descriptor):
        take(piece)
        # A job that floods its pipe must not keep the loop from everything else.
        await anyio.lowlevel.checkpoint()


async def write_all(descriptor: int, payload: bytes) -> None:
    """Write to a non-blocking pipe, waiting for room; returns early when nobody reads."""
    view = memoryview(payload)
    while view:
        try:
            view = view[os.write(descriptor, view[:_PIECE_BYTES]) :]
        except BlockingIOError:
            await anyio.wait_writable(descriptor)
        except BrokenPipeError:
            return


def discard_pending(descriptor: int) -> bytes:
    """What lies in a non-blocking pipe right now."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(descriptor, _PIECE_BYTES)
        except BlockingIOError:
            return b"".join(pieces)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def close(*descriptors: int) -> None:
    """Close descriptors that the event loop may know."""
    for descriptor in descriptors:
        anyio.notify_closing(descriptor)
        os.close(descriptor)
