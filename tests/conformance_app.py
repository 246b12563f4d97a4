"""The real server over streamable HTTP, with what the conformance suite asks for beside our tools.

    python tests/conformance_app.py 127.0.0.1:8000

A test application: no authentication, loopback only. The fixtures fall through: every request that
is not for one of them goes to our own handlers, so transport and server are those that ship.
"""

import logging
import sys
from typing import Any

import anyio
from conformance.asking_fixtures import CONTEXT, asking_tools
from conformance.asking_task_fixtures import AskingTasks
from conformance.plain_fixtures import (
    PLAIN_TOOLS,
    PROMPTS,
    RESOURCES,
    TEMPLATE,
    Ctx,
    Fixture,
    prompt_messages,
    read_fixture,
)
from conformance.task_fixtures import tasks
from mcp import types
from mcp.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError

from jax_workbench.server.app import NAME, build_server
from jax_workbench.server.http import Door, door_of, serve_http
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools.catalog import ALL_TOOLS


def main(address: str) -> None:
    """Serve at `address` until a signal comes."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    settings = Settings.read({"http": address})
    door = door_of(settings)
    if not door.address.is_loopback:
        sys.exit("conformance_app: its fixtures ask for no token, so it serves on loopback only")
    anyio.run(serve, settings, door)


async def serve(settings: Settings, door: Door) -> None:
    """Serve the real server with the fixtures behind it."""
    pool, jobs = local_pool(settings), JobBook(max_unfinished=settings.max_unfinished)
    server = build_server(ALL_TOOLS, pool, settings, RunStore.open(settings), jobs)
    bus = InMemorySubscriptionBus()
    asking_tasks = AskingTasks(jobs)
    asking_tasks.install(server)
    fixtures = (*PLAIN_TOOLS, *asking_tools(bus), *tasks(jobs), *asking_tasks.tools())
    add_tools(server, {fixture.name: fixture for fixture in fixtures})
    add_resources(server)
    add_prompts(server)
    add_utilities(server, bus)
    await serve_http(server, jobs, door, pool.status)


def ours(server: Server[None], method: str) -> Any:
    """Our own handler of a method."""
    entry = server.get_request_handler(method)
    assert entry is not None
    return entry.handler


def add_tools(server: Server[None], fixtures: dict[str, Fixture]) -> None:
    """Put the suite's tools behind our own."""
    our_list, our_call = ours(server, "tools/list"), ours(server, "tools/call")

    async def list_tools(ctx: Ctx, params: types.PaginatedRequestParams) -> types.ListToolsResult:
        listed = await our_list(ctx, params)
        theirs = [fixture.described() for fixture in fixtures.values()]
        return types.ListToolsResult(tools=[*listed.tools, *theirs])

    async def call_tool(ctx: Ctx, params: types.CallToolRequestParams) -> Any:
        fixture = fixtures.get(params.name)
        return await (fixture.handler if fixture else our_call)(ctx, params)

    server.get_tool_input_schema = None  # the listed schemas are the ones that count here
    server.add_request_handler("tools/list", types.PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", types.CallToolRequestParams, call_tool)
    server.middleware.append(
        RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=NAME)
    )


def add_resources(server: Server[None]) -> None:
    """Put the suite's resources behind our own."""
    our_list, our_read = ours(server, "resources/list"), ours(server, "resources/read")
    our_templates = ours(server, "resources/templates/list")

    async def list_resources(
        ctx: Ctx, params: types.PaginatedRequestParams
    ) -> types.ListResourcesResult:
        listed = await our_list(ctx, params)
        return types.ListResourcesResult(resources=[*listed.resources, *RESOURCES])

    async def list_templates(
        ctx: Ctx, params: types.PaginatedRequestParams
    ) -> types.ListResourceTemplatesResult:
        listed = await our_templates(ctx, params)
        return types.ListResourceTemplatesResult(
            resource_templates=[*listed.resource_templates, TEMPLATE]
        )

    async def read(ctx: Ctx, params: types.ReadResourceRequestParams) -> Any:
        return read_fixture(params.uri) or await our_read(ctx, params)

    server.add_request_handler("resources/list", types.PaginatedRequestParams, list_resources)
    server.add_request_handler(
        "resources/templates/list", types.PaginatedRequestParams, list_templates
    )
    server.add_request_handler("resources/read", types.ReadResourceRequestParams, read)


def add_prompts(server: Server[None]) -> None:
    """Put the suite's prompts behind our own."""
    our_list, our_get = ours(server, "prompts/list"), ours(server, "prompts/get")
    our_complete = ours(server, "completion/complete")
    theirs = {prompt.name for prompt in PROMPTS}

    async def list_prompts(
        ctx: Ctx, params: types.PaginatedRequestParams
    ) -> types.ListPromptsResult:
        listed = await our_list(ctx, params)
        return types.ListPromptsResult(prompts=[*listed.prompts, *PROMPTS])

    async def get_prompt(ctx: Ctx, params: types.GetPromptRequestParams) -> Any:
        if params.name not in theirs:
            return await our_get(ctx, params)
        if params.name == "test_input_required_result_prompt":
            given = (params.input_responses or {}).get("user_context")
            if given is None:
                return types.InputRequiredResult(input_requests=CONTEXT)
            contents: list[types.ContentBlock] = [
                types.TextContent(type="text", text=given.model_dump_json())
            ]
        else:
            try:
                contents = prompt_messages(params.name, params.arguments or {})
            except KeyError:
                raise MCPError(types.INVALID_PARAMS, f"No prompt {params.name!r}.") from None
        return types.GetPromptResult(
            messages=[types.PromptMessage(role="user", content=content) for content in contents]
        )

    async def complete(ctx: Ctx, params: types.CompleteRequestParams) -> types.CompleteResult:
        return await our_complete(ctx, params)

    server.add_request_handler("prompts/list", types.PaginatedRequestParams, list_prompts)
    server.add_request_handler("prompts/get", types.GetPromptRequestParams, get_prompt)
    server.add_request_handler("completion/complete", types.CompleteRequestParams, complete)


def add_utilities(server: Server[None], bus: InMemorySubscriptionBus) -> None:
    """What our server leaves out: protocol logging, and changes of lists."""

    async def accept(_ctx: Ctx, _params: types.RequestParams) -> types.EmptyResult:
        return types.EmptyResult()

    server.add_request_handler("logging/setLevel", types.SetLevelRequestParams, accept)
    server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, accept)
    server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, accept)
    server.add_request_handler(
        "subscriptions/listen", types.SubscriptionsListenRequestParams, ListenHandler(bus)
    )


if __name__ == "__main__":
    main(sys.argv[1])
