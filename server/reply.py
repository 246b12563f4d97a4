"""Turns how a call ended into MCP's result: text and structure equal and complete. Server only."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp import types

from jax_workbench.server.run_store import Artifact

MAX_FAILURE_LENGTH = 8000
"""Clients cut the middle of longer errors themselves, somewhere."""
CUT = "\n[...]\n"
OUTPUT_TAIL_LENGTH = 1500
"""Characters of each output stream of a failed job that go into the error."""
MAX_PICTURE_BYTES = 150_000
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Answered:
    """A call that has an answer: its envelope, and a picture to show beside it."""

    envelope: dict[str, Any]
    picture: bytes | None = None


@dataclass(frozen=True)
class Failed:
    """A call that has none: a code that never changes, what was found, what to do."""

    code: str
    cause: str
    next_step: str

    def text(self) -> str:
        """`code: cause next_step`, cut in the middle so that both ends survive."""
        gap = "\n" if "\n" in self.cause else " "
        whole = _sendable(f"{self.code}: {self.cause.rstrip()}{gap}{self.next_step}")
        if len(whole) <= MAX_FAILURE_LENGTH:
            return whole
        half = (MAX_FAILURE_LENGTH - len(CUT)) // 2
        return f"{whole[:half]}{CUT}{whole[-half:]}"


type Ending = Answered | Failed


def reply(ending: Ending) -> types.CallToolResult:
    """The result to send; an error is text only, as clients check structure against the schema.

    Raises ValueError where the envelope holds what JSON cannot carry.
    """
    if isinstance(ending, Failed):
        text = types.TextContent(type="text", text=ending.text())
        return types.CallToolResult(content=[text], is_error=True)
    text, structure = _both(ending.envelope)
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
    if ending.picture is not None:
        data = base64.b64encode(ending.picture).decode("ascii")
        content.append(types.ImageContent(type="image", data=data, mime_type="image/png"))
    return types.CallToolResult(content=content, structured_content=structure)


def picture_of(artifacts: Sequence[Artifact]) -> bytes | None:
    """The first picture among the artifacts that is small enough to travel with the answer."""
    for artifact in artifacts:
        content = artifact.content
        if (
            artifact.mime_type == "image/png"
            and content.startswith(PNG_MAGIC)
            and len(content) <= MAX_PICTURE_BYTES
        ):
            return content
    return None


def end_of_output(stdout: str, stderr: str) -> str:
    """What a failed job printed last, to put behind the cause: often the only trace of where."""
    streams = {"stdout": stdout.strip(), "stderr": stderr.strip()}
    return "".join(
        f"\nEnd of {name}:\n{text[-OUTPUT_TAIL_LENGTH:]}\n"
        for name, text in streams.items()
        if text
    )


def compact(value: Mapping[str, Any]) -> str:
    """JSON without a byte too many. Raises ValueError for nan and infinities."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _both(envelope: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    text = compact(envelope)
    sendable = _sendable(text)
    return (text, envelope) if text == sendable else (sendable, json.loads(sendable))


def _sendable(text: str) -> str:
    """Text without lone surrogates: one of them, printed by a job, would end the connection."""
    return text.encode("utf-8", "replace").decode("utf-8")
