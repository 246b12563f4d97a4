"""Tools, resources and prompts that the conformance suite asks for, and that ask nobody back."""

import json
import struct
import zlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import types
from mcp.server import ServerRequestContext

type Ctx = ServerRequestContext[Any]
type ToolResult = types.CallToolResult | types.InputRequiredResult
type Handler = Callable[[Ctx, types.CallToolRequestParams], Awaitable[ToolResult]]


@dataclass(frozen=True)
class Fixture:
    """A tool of the suite."""

    name: str
    handler: Handler
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})

    def described(self) -> types.Tool:
        """As `tools/list` shows it."""
        return types.Tool(
            name=self.name, description="For the conformance suite.", input_schema=self.schema
        )


def text(said: str) -> types.TextContent:
    return types.TextContent(type="text", text=said)


def answer(*content: types.ContentBlock, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=list(content), is_error=is_error)


def _red_pixel() -> str:
    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    head = chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    png = b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")
    return b64encode(png).decode()


def _silence() -> str:
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 38, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000,
                       2, 16, b"data", 2)  # fmt: skip
    return b64encode(head + b"\0\0").decode()


PNG = _red_pixel()
IMAGE = types.ImageContent(type="image", data=PNG, mime_type="image/png")
AUDIO = types.AudioContent(type="audio", data=_silence(), mime_type="audio/wav")


def _embedded(uri: str, mime_type: str, said: str) -> types.EmbeddedResource:
    inner = types.TextResourceContents(uri=uri, mime_type=mime_type, text=said)
    return types.EmbeddedResource(type="resource", resource=inner)


def _always(*content: types.ContentBlock, is_error: bool = False) -> Handler:
    async def handler(_ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
        return answer(*content, is_error=is_error)

    return handler


async def _progress(ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
    for done in (0, 50, 100):
        await ctx.session.report_progress(done, 100)
        await anyio.sleep(0.05)
    return answer(text("Done."))


async def _log(ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
    for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.session.send_log_message(  # pyright: ignore[reportDeprecated]
            "info", said, related_request_id=ctx.request_id
        )
        await anyio.sleep(0.05)
    return answer(text("Done."))


async def _reconnect(ctx: Ctx, _params: types.CallToolRequestParams) -> ToolResult:
    if ctx.close_sse_stream is not None:
        await ctx.close_sse_stream()
    await anyio.sleep(0.1)
    return answer(text("Done after the stream was closed."))


_SCHEMA_2020_12: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_WITH_HEADER: dict[str, Any] = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
}

PLAIN_TOOLS = (
    Fixture("test_simple_text", _always(text("This is a simple text response for testing."))),
    Fixture("test_image_content", _always(IMAGE)),
    Fixture("test_audio_content", _always(AUDIO)),
    Fixture(
        "test_embedded_resource",
        _always(
            _embedded(
                "test://embedded-resource", "text/plain", "This is an embedded resource content."
            )
        ),
    ),
    Fixture(
        "test_multiple_content_types",
        _always(
            text("Multiple content types test:"),
            IMAGE,
            _embedded(
                "test://mixed-content-resource",
                "application/json",
                json.dumps({"test": "data", "value": 123}),
            ),
        ),
    ),
    Fixture(
        "test_error_handling",
        _always(text("This tool intentionally returns an error for testing"), is_error=True),
    ),
    Fixture("test_tool_with_progress", _progress),
    Fixture("test_tool_with_logging", _log),
    Fixture("test_logging_tool", _log),
    Fixture("test_reconnection", _reconnect),
    Fixture("json_schema_2020_12_tool", _always(text("ok")), _SCHEMA_2020_12),
    Fixture("test_headers", _always(text("ok")), _WITH_HEADER),
)

RESOURCES = tuple(
    types.Resource(uri=uri, name=uri, description="For the conformance suite.", mime_type=kind)
    for uri, kind in (
        ("test://static-text", "text/plain"),
        ("test://static-binary", "image/png"),
        ("test://watched-resource", "text/plain"),
    )
)
TEMPLATE = types.ResourceTemplate(
    uri_template="test://template/{id}/data",
    name="template",
    description="For the conformance suite.",
    mime_type="application/json",
)


def read_fixture(uri: str) -> types.ReadResourceResult | None:
    """The content of a resource of the suite; None where it is none."""
    match uri.split("/"):
        case ["test:", "", "static-text"]:
            said = "This is the content of the static text resource."
            found = types.TextResourceContents(uri=uri, mime_type="text/plain", text=said)
        case ["test:", "", "static-binary"]:
            found = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
        case ["test:", "", "watched-resource"]:
            found = types.TextResourceContents(uri=uri, mime_type="text/plain", text="Watched.")
        case ["test:", "", "template", number, "data"]:
            said = json.dumps(
                {"id": number, "templateTest": True, "data": f"Data for ID: {number}"}
            )
            found = types.TextResourceContents(uri=uri, mime_type="application/json", text=said)
        case _:
            return None
    return types.ReadResourceResult(contents=[found])


def _prompt(name: str, *arguments: str) -> types.Prompt:
    wanted = [
        types.PromptArgument(name=a, description="An argument.", required=True) for a in arguments
    ]
    return types.Prompt(name=name, description="For the conformance suite.", arguments=wanted)


PROMPTS = (
    _prompt("test_simple_prompt"),
    _prompt("test_prompt_with_arguments", "arg1", "arg2"),
    _prompt("test_prompt_with_embedded_resource", "resourceUri"),
    _prompt("test_prompt_with_image"),
    _prompt("test_input_required_result_prompt"),
)


def prompt_messages(name: str, given: dict[str, str]) -> list[types.ContentBlock]:
    """What the user says in a prompt of the suite. Raises KeyError for an unknown one."""
    embedded = _embedded(
        given.get("resourceUri", ""), "text/plain", "Embedded resource content for testing."
    )
    two = f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'"
    contents: dict[str, list[types.ContentBlock]] = {
        "test_simple_prompt": [text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [text(two)],
        "test_prompt_with_embedded_resource": [
            embedded,
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [IMAGE, text("Please analyze the image above.")],
    }
    return contents[name]
