"""A Messages API that plays a script in the place of a model, and keeps what it was sent."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

FEW_TOOLS = 3
"""Requests with no more tools than this are the client's own errands: naming the session."""

type Block = dict[str, Any]
type Arguments = Mapping[str, Any] | Callable[[Sequence[Block]], Mapping[str, Any]]


class ScriptedModel:
    """Calls one tool after another, then ends its turn; `seen` is what came back for each."""

    def __init__(self, calls: Sequence[tuple[str, Arguments]]) -> None:
        """Call `calls`, a tool's name and its arguments, or what makes them of the blocks seen."""
        self._calls = calls
        self.requests: list[dict[str, Any]] = []
        self.app = Starlette(
            routes=[
                Route("/v1/messages", self._messages, methods=["POST"]),
                Route("/{path:path}", self._other, methods=["GET", "HEAD", "POST"]),
            ]
        )

    @property
    def seen(self) -> list[Block]:
        """The tool results of the last request, in the order of the calls."""
        messages: list[Block] = self.requests[-1]["messages"] if self.requests else []
        blocks = [block for message in messages for block in _blocks(message["content"])]
        return [block for block in blocks if block["type"] == "tool_result"]

    async def _messages(self, request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        if len(body.get("tools", [])) <= FEW_TOOLS:
            content = [{"type": "text", "text": "A session."}]
            return self._reply(body, content, "end_turn")
        self.requests.append(body)
        n_done = len(self.seen)
        if n_done >= len(self._calls):
            return self._reply(body, [{"type": "text", "text": "Done."}], "end_turn")
        tool, arguments = self._calls[n_done]
        given = arguments(self.seen) if callable(arguments) else arguments
        block = {
            "type": "tool_use",
            "id": f"toolu_{n_done:03d}",
            "name": tool,
            "input": {**given},
        }
        return self._reply(body, [block], "tool_use")

    async def _other(self, _request: Request) -> Response:
        return JSONResponse({"input_tokens": 10})

    def _reply(self, body: dict[str, Any], content: list[Block], reason: str) -> Response:
        message = {
            "id": f"msg_{len(self.requests):03d}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", "scripted"),
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 10},
        }
        if not body.get("stream"):
            return JSONResponse(message)
        return StreamingResponse(_events(message), media_type="text/event-stream")


def _blocks(content: str | list[Block]) -> list[Block]:
    return [] if isinstance(content, str) else content


def _events(message: dict[str, Any]) -> Iterator[str]:
    (block,) = message["content"]
    is_text = block["type"] == "text"
    opening: Block = {**block, "text": ""} if is_text else {**block, "input": {}}
    delta = (
        {"type": "text_delta", "text": block["text"]}
        if is_text
        else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    )
    start: Block = {**message, "content": [], "stop_reason": None}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": opening},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 10}},
        {"type": "message_stop"},
    ]
    for event in events:
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
