"""Messages of the Language Server Protocol on a byte stream. Command line only.

Source: Microsoft, Language Server Protocol Specification 3.17, section "Base Protocol".
"""

import json
from typing import Any, BinaryIO, cast

MAX_BYTES = 64 * 2**20


class BrokenStreamError(Exception):
    """What came is no message, and nothing says where the next one begins."""


def read_message(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None at the end of the stream, and {} for a body that is no JSON object.

    Raises BrokenStreamError.
    """
    length = -1
    while line := stream.readline(4096):
        if not line.strip():
            break
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value) if value.strip().isdigit() else -1
    else:
        return None
    if not 0 <= length <= MAX_BYTES:
        raise BrokenStreamError(f"a message has the length {length}; at most {MAX_BYTES} bytes.")
    body = stream.read(length)
    if len(body) < length:
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", message) if isinstance(message, dict) else {}


def write_message(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Send a message."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()
