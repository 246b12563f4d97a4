"""Adds a method of a protocol extension, which exists since one revision. Server only."""

from collections.abc import Awaitable, Callable
from typing import Any

from mcp import types
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel

SINCE = "2026-07-28"

type Ctx = ServerRequestContext[None]


def add_method[P: BaseModel](
    server: Server[None],
    method: str,
    params: type[P],
    handler: Callable[[Ctx, P], Awaitable[dict[str, Any]]],
) -> None:
    """Answer `method` by `handler`; clients of older revisions are told that there is none."""

    async def since_then(ctx: Ctx, given: P) -> dict[str, Any]:
        if ctx.protocol_version != SINCE:
            raise MCPError(types.METHOD_NOT_FOUND, "Method not found", data=method)
        return {"resultType": "complete", **await handler(ctx, given)}

    server.add_request_handler(method, params, since_then)
