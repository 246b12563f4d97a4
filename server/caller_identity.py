"""Who sent a request, and what their client declared. Server only."""

from dataclasses import dataclass
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.request_state import authenticated_principal

from jax_workbench.server.extension_method import SINCE

TASKS = "io.modelcontextprotocol/tasks"


@dataclass(frozen=True)
class Client:
    """One client, as far as answering it depends on it."""

    owner: str = ""
    """Whose runs and jobs it may see; "" without tokens, where all callers are the operator."""
    takes_tasks: bool = False
    """It polls a task where an answer takes long."""


def client_of(ctx: ServerRequestContext[Any]) -> Client:
    """The client behind a request."""
    declared = ctx.session.client_capabilities
    extensions = (declared.extensions if declared else None) or {}
    return Client(
        owner=authenticated_principal(ctx) or "",
        takes_tasks=ctx.protocol_version == SINCE and TASKS in extensions,
    )
