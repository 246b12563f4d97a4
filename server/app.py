"""Builds the MCP server out of the tools. Server only."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from importlib.metadata import version
from typing import Any

import anyio
from mcp import types
from mcp.server import CacheHint, Server, ServerRequestContext
from mcp.server.apps import client_supports_apps
from mcp.shared.exceptions import MCPError

from jax_workbench.sandbox.face import Pool
from jax_workbench.server import prompts
from jax_workbench.server.apps import Apps
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.call import Caller
from jax_workbench.server.caller_identity import client_of
from jax_workbench.server.completion import complete
from jax_workbench.server.describe import AnyTool, describe
from jax_workbench.server.handover import Handover
from jax_workbench.server.instructions import INSTRUCTIONS
from jax_workbench.server.jobs import JobBook, JobRecord
from jax_workbench.server.reply import reply
from jax_workbench.server.resources import Resources
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.settings import Settings
from jax_workbench.server.skills import Skills
from jax_workbench.server.tasks import Tasks, task_of

NAME = "jax-workbench"
AN_HOUR = CacheHint(ttl_ms=3_600_000, scope="public")

type Ctx = ServerRequestContext[None]


def build_server(
    tools: Sequence[AnyTool], pool: Pool, settings: Settings, store: RunStore, jobs: JobBook
) -> Server[None]:
    """Make a server that offers `tools` and runs them in `pool`.

    Its lifespan enters and leaves the pool and closes the store, so it is served once. `jobs` is
    the caller's, so that a shutdown can end the calls in flight with an answer.
    """
    held = BackgroundPool(pool)
    caller = Caller(held, store, settings)
    handover = Handover(caller, jobs, answer_within_s=settings.answer_within_s)
    skills, apps = Skills(), Apps(tools)
    resources = Resources(held, store, settings, skills, apps)
    handlers = Handlers(tools, handover, resources, store, apps)

    @asynccontextmanager
    async def lifespan(_server: Server[None]) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(held.hold)
            jobs.open(group)
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await jobs.close()
                held.leave()
                store.close()

    server = Server[None](
        NAME,
        version=version(NAME),
        title="JAX workbench",
        instructions=INSTRUCTIONS,
        lifespan=lifespan,
        get_tool_input_schema=handlers.input_schema,
        cache_hints=dict.fromkeys(
            ("tools/list", "prompts/list", "resources/templates/list"), AN_HOUR
        ),
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_resource_templates,
        on_read_resource=handlers.read_resource,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
        on_completion=handlers.complete,
    )
    for extension in (Tasks(jobs), skills, apps):
        extension.install(server)
    return server


class Handlers:
    """What the server answers to each kind of request; one object serves both protocol eras."""

    def __init__(
        self,
        tools: Iterable[AnyTool],
        handover: Handover,
        resources: Resources,
        store: RunStore,
        apps: Apps,
    ) -> None:
        """Offer `tools`, in that order."""
        self._store = store
        self._apps = apps
        self._tools = {tool.name: tool for tool in tools}
        self._handover = handover
        self._resources = resources

    @cached_property
    def _descriptions(self) -> dict[str, types.Tool]:
        return {name: describe(tool) for name, tool in self._tools.items()}

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """The schema by which the HTTP transport checks a call's headers."""
        return self._descriptions[name].input_schema if name in self._tools else None

    async def list_tools(
        self, ctx: Ctx, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """All tools, always in the same order; who shows pages is told where the page is."""
        described = self._descriptions.values()
        if not client_supports_apps(ctx):
            return types.ListToolsResult(tools=[*described])
        linked = [self._apps.linked(tool) for tool in described]
        # A shared cache must not hand the links to those who pay for each byte of the list.
        return types.ListToolsResult(tools=linked, ttl_ms=AN_HOUR.ttl_ms, cache_scope="private")

    async def call_tool(
        self, ctx: Ctx, params: types.CallToolRequestParams
    ) -> Any:  # the SDK's types know no result of an extension
        """The answer, a job handle, a task, or an error that the model sees. Raises MCPError."""
        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            raise MCPError(
                types.INVALID_PARAMS, f"No tool is called {params.name!r}. There are: {known}."
            )
        report = ctx.session.report_progress
        taken = await self._handover.take(tool, params.arguments or {}, report, client_of(ctx))
        if isinstance(taken, JobRecord):
            return {"resultType": "task", **task_of(taken)}
        return reply(taken)

    async def list_resources(
        self, ctx: Ctx, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        """The device and the newest runs."""
        return types.ListResourcesResult(
            resources=await self._resources.listed(
                client_of(ctx).owner, with_page=client_supports_apps(ctx)
            )
        )

    async def list_resource_templates(
        self, _ctx: Ctx, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """Where runs and their files are."""
        return types.ListResourceTemplatesResult(resource_templates=self._resources.templates())

    async def read_resource(
        self, ctx: Ctx, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """The content at a URI. Raises MCPError where there is none."""
        return await self._resources.read(params.uri, client_of(ctx).owner)

    async def list_prompts(
        self, _ctx: Ctx, _params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """All prompts, always in the same order."""
        return prompts.listed()

    async def get_prompt(
        self, _ctx: Ctx, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        """A prompt's text. Raises MCPError where its name or its arguments are wrong."""
        return prompts.filled(params.name, params.arguments or {})

    async def complete(self, ctx: Ctx, params: types.CompleteRequestParams) -> types.CompleteResult:
        """What an argument of a prompt or a template may be."""
        return await complete(params, self._store.of(client_of(ctx).owner))
