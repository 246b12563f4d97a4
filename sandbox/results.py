"""Parses what a job writes, as data: frames, then strict JSON. Runs in the host.

Never pickle, never eval. A job can write anything on its result pipe, so each frame is checked
against its own limit before it is kept.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic_core import from_json

from jax_workbench.sandbox.policy import MIB, Blob, Limits
from jax_workbench.sandbox.worker import wire

_KEYS_OF_REFUSAL = {"code", "cause", "next_step"}
_MAX_PROGRESS = 10_000
"""Frames of one job; each costs the host some work, even an empty one."""
_MAX_KEPT = 4000
_MAX_DRAFTS = 1000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROLS_IN_VALUES = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class InvalidResult(Exception):
    """The job wrote something that is not a frame sequence of ours."""


@dataclass
class Frames:
    """What has come over a job's result pipe so far; feed it bytes as they arrive."""

    limits: Limits
    ready: dict[str, Any] | None = None
    progress: list[str] = field(default_factory=list[str])
    """Not yet taken by the caller, oldest first."""
    saved: list[Blob] = field(default_factory=list[Blob])
    draft: Blob | None = None
    """What is left where the job is ended before its value; not yet taken by the caller."""
    kept: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    """Files for the session's later jobs, not yet taken by the caller."""
    kept_room_bytes: int = 0
    """How much of them may still come; none where the job has no session."""
    value: dict[str, Any] | None = None
    refusal: dict[str, str] | None = None
    _pending: bytearray = field(default_factory=bytearray)
    _saved_bytes: int = 0
    _n_progress: int = 0
    _n_drafts: int = 0
    _n_kept: int = 0

    @property
    def is_complete(self) -> bool:
        """A final frame has come."""
        return self.value is not None or self.refusal is not None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            InvalidResult: They can't be part of a valid sequence of frames.
        """
        if self.is_complete:
            raise InvalidResult("bytes after the result")
        self._pending += piece
        while len(self._pending) >= wire.HEADER.size:
            kind, size = wire.HEADER.unpack_from(self._pending)
            self._check(kind, size)
            end = wire.HEADER.size + size
            if len(self._pending) < end:
                return
            with memoryview(self._pending) as view:  # slicing the array itself would copy it twice
                payload = bytes(view[wire.HEADER.size : end])
            del self._pending[:end]
            self._take(kind, payload)

    def _check(self, kind: bytes, size: int) -> None:
        limit = {
            wire.READY: wire.READY_BYTES,
            wire.PROGRESS: wire.PROGRESS_BYTES,
            wire.BLOB: self.limits.saved_mib * MIB - self._saved_bytes + wire.BLOB_HEADER_BYTES,
            wire.DRAFT: self.limits.saved_mib * MIB + wire.BLOB_HEADER_BYTES,
            wire.KEPT: self.kept_room_bytes,
            wire.VALUE: self.limits.result_mib * MIB,
            wire.REFUSED: wire.READY_BYTES,
        }.get(kind)
        if limit is None:
            raise InvalidResult(f"a frame of the unknown kind {kind!r}")
        if size > limit:
            raise InvalidResult(f"a frame of kind {kind!r} with {size} bytes, over {limit}")
        if kind == wire.READY and self.ready is not None:
            raise InvalidResult("a second ready frame")
        if kind != wire.READY and self.ready is None:
            raise InvalidResult("a frame before the ready frame")
        if kind == wire.BLOB and len(self.saved) >= self.limits.n_saved:
            raise InvalidResult(f"more than {self.limits.n_saved} saved files")

    def _take(self, kind: bytes, payload: bytes) -> None:
        if kind == wire.READY:
            self.ready = strict_object(payload)
        elif kind == wire.PROGRESS:
            self._n_progress += 1
            if self._n_progress > _MAX_PROGRESS:
                raise InvalidResult("a flood of progress frames")
            self.progress.append(printable(payload.decode("utf-8", "replace")))
        elif kind == wire.BLOB:
            self._saved_bytes += len(payload)
            self.saved.append(_blob(payload))
        elif kind == wire.DRAFT:
            self._n_drafts += 1
            if self._n_drafts > _MAX_DRAFTS:
                raise InvalidResult("a flood of drafts")
            self.draft = _blob(payload)
        elif kind == wire.KEPT:
            self._n_kept += 1
            if self._n_kept > _MAX_KEPT:
                raise InvalidResult("a flood of kept files")
            self.kept_room_bytes -= len(payload)
            name, _, content = payload.partition(b"\0")
            self.kept.append((name.decode("utf-8", "replace"), content))
        else:
            self._finish(kind, payload)

    def _finish(self, kind: bytes, payload: bytes) -> None:
        content = strict_object(payload)
        if self._pending:
            raise InvalidResult("bytes after the result")
        if kind == wire.VALUE:
            self.value = content
        elif content.keys() == _KEYS_OF_REFUSAL and all(
            isinstance(v, str) for v in content.values()
        ):
            self.refusal = cast("dict[str, str]", content)
        else:
            raise InvalidResult("a refusal without code, cause and next step")


def _blob(payload: bytes) -> Blob:
    header, zero, content = payload.partition(b"\0")
    if not zero or len(header) > wire.BLOB_HEADER_BYTES:
        raise InvalidResult("a saved file without a header")
    about = strict_object(header)
    name, mime_type = about.get("name"), about.get("mime_type")
    if not isinstance(name, str) or not isinstance(mime_type, str):
        raise InvalidResult("a saved file without a name or a type")
    return Blob(name, mime_type, content)


def strict_object(text: bytes) -> dict[str, Any]:
    r"""A JSON object without NaN, infinities, lone surrogates or deep nesting.

    Control characters in its strings, but for newlines and tabs, come back escaped as in `\x1b`.

    Raises:
        InvalidResult: It is anything else.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidResult(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidResult("JSON, but not an object")
    return cast("dict[str, Any]", _sound(value))  # pyright: ignore[reportUnknownArgumentType]


def _sound(value: object) -> object:
    """1e999 is valid JSON and parses to infinity; nesting is bounded by the parser."""
    if isinstance(value, str):
        return _CONTROLS_IN_VALUES.sub(_escape, value)
    if isinstance(value, dict):
        parts = cast("dict[str, object]", value).items()
        return {_CONTROLS_IN_VALUES.sub(_escape, name): _sound(part) for name, part in parts}
    if isinstance(value, list):
        return [_sound(part) for part in cast("list[object]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidResult("a number out of the range of a double")
    return value


def _escape(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"


def printable(text: str) -> str:
    """Without control characters except newline and tab: nothing may steer a terminal."""
    return _CONTROLS.sub("\ufffd", text)
