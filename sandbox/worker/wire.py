"""Frames between host and job: one kind byte, a big-endian length, the payload.

Shared by both sides, so that the format stands in one place.

host -> job   one `JOB` frame (JSON), then the bytes of blobs and kept files in the order it names
job -> host   one `READY`, then any number of `PROGRESS`, `BLOB`, `DRAFT` and `KEPT`, then
              one `VALUE` or `REFUSED`
"""

import struct

HEADER = struct.Struct(">cI")

JOB = b"j"
READY = b"r"
"""JSON: what `prepare` found (device, platform)."""
PROGRESS = b"p"
"""UTF-8 text, at most PROGRESS_BYTES."""
BLOB = b"b"
"""A JSON header {name, mime_type}, a zero byte, the content."""
DRAFT = b"d"
"""As a BLOB: what is left of the job where it is ended before its value; the last one counts."""
KEPT = b"k"
"""A file for the session's later jobs: its name, a zero byte, the content."""
VALUE = b"v"
"""JSON: the job's value."""
REFUSED = b"x"
"""JSON {code, cause, next_step}: the sandbox's own word that there is no value."""

PROGRESS_BYTES = 500
READY_BYTES = 4096
BLOB_HEADER_BYTES = 1024
KEPT_NAME_BYTES = 255


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame, ready to be written."""
    return HEADER.pack(kind, len(payload)) + payload
