"""The Tasks extension (SEP-2663) on top of the job handles. Server only.

A client that declares it gets a task instead of an answer with status "running", and polls it with
`tasks/get`. The SDK does not implement the extension, so its three methods are added here.
"""

from datetime import UTC, datetime
from typing import Any

from mcp import types
from mcp.server import Server
from mcp.shared.exceptions import MCPError
from pydantic import Field

from jax_workbench.server.caller_identity import TASKS, client_of
from jax_workbench.server.extension_method import Ctx, add_method
from jax_workbench.server.jobs import KEPT_S, JobBook, JobRecord
from jax_workbench.server.reply import Failed, reply
from jax_workbench.tools.errors import ToolError

POLL_MS = 1000
LONGEST_CALL_S = 600.0


class TaskParams(types.RequestParams):
    """Names a task."""

    task_id: str


class UpdateParams(TaskParams):
    """Answers to what a task asked; ours ask nothing."""

    input_responses: dict[str, Any] = Field(default_factory=dict)


class Tasks:
    """Answers the extension's methods from the book of jobs."""

    def __init__(self, jobs: JobBook) -> None:
        """Show the jobs of `jobs` as tasks."""
        self._jobs = jobs

    def install(self, server: Server[None]) -> None:
        """Offer the extension."""
        server.extensions[TASKS] = {}
        add_method(server, "tasks/get", TaskParams, self._get)
        add_method(server, "tasks/update", UpdateParams, self._update)
        add_method(server, "tasks/cancel", TaskParams, self._cancel)

    async def _get(self, ctx: Ctx, params: TaskParams) -> dict[str, Any]:
        return task_of(self._find(ctx, params), with_result=True)

    async def _update(self, ctx: Ctx, params: UpdateParams) -> dict[str, Any]:
        self._find(ctx, params)
        return {}

    async def _cancel(self, ctx: Ctx, params: TaskParams) -> dict[str, Any]:
        self._find(ctx, params).cancel("The client cancelled the task.")
        return {}

    def _find(self, ctx: Ctx, params: TaskParams) -> JobRecord:
        client = client_of(ctx)
        if not client.takes_tasks:
            raise lacks_tasks()
        named = None if ctx.request is None else ctx.request.headers.get("mcp-name")
        if ctx.request is not None and named != params.task_id:
            raise MCPError(types.HEADER_MISMATCH, "Mcp-Name does not match taskId.")
        try:
            return self._jobs.find(params.task_id, client.owner)
        except ToolError:
            raise MCPError(types.INVALID_PARAMS, f"Unknown task: {params.task_id}") from None


def lacks_tasks() -> MCPError:
    """What a client is told that asks for a task without having declared the extension."""
    needed = types.ClientCapabilities(extensions={TASKS: {}})
    facts = types.MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
    return MCPError(
        types.MISSING_REQUIRED_CLIENT_CAPABILITY,
        f"The client did not declare {TASKS}.",
        data=facts.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


def task_of(record: JobRecord, *, with_result: bool = False) -> dict[str, Any]:
    """A job as the extension describes it; with its result, where it has one.

    A tool's error is a completed task whose result is an error: only our fault is a failed one.
    """
    task: dict[str, Any] = {
        "taskId": record.id,
        "status": "working",
        "statusMessage": record.watch.said(),
        "createdAt": _stamp(record.created_at),
        "lastUpdatedAt": _stamp(record.changed_at),
        "ttlMs": int((LONGEST_CALL_S + KEPT_S) * 1000),
        "pollIntervalMs": POLL_MS,
    }
    ending = record.ending()
    if ending is None:
        return task
    del task["statusMessage"]
    if isinstance(ending, Failed) and ending.code == "cancelled":
        return {**task, "status": "cancelled", "statusMessage": ending.cause}
    if isinstance(ending, Failed) and ending.code == "internal":
        error = types.ErrorData(code=types.INTERNAL_ERROR, message=ending.text())
        return {**task, "status": "failed", "error": error.model_dump(exclude_none=True)}
    task["status"] = "completed"
    if with_result:
        task["result"] = reply(ending).model_dump(mode="json", by_alias=True, exclude_none=True)
    return task


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
