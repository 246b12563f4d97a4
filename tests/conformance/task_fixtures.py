"""Tools that the suite's task scenarios ask for, run as jobs in our own book of jobs."""

from typing import Any

import anyio
from conformance.plain_fixtures import Ctx, Fixture
from mcp import types
from pydantic import Field

from jax_workbench.server.caller_identity import client_of
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.reply import Answered, Ending, Failed, reply
from jax_workbench.server.tasks import lacks_tasks, task_of
from jax_workbench.server.watch import Watch
from jax_workbench.tools.contract import Answer, Ask, Tool


class SecondsAsk(Ask):
    """Compute for a while."""

    seconds: float = Field(default=1.0, description="How long.")


async def compute(_tool: Any, ask: Any, _watch: Watch) -> Ending:
    """Take the time that was asked for."""
    await anyio.sleep(ask.seconds)
    return Answered({"status": "ok", "summary": f"computed for {ask.seconds:g} s", "run": {}})


async def fail(_tool: Any, _ask: Any, _watch: Watch) -> Ending:
    """Fail as a tool does."""
    await anyio.sleep(1)
    return Failed("user_code_failed", "It always does.", "Nothing helps.")


async def break_down(_tool: Any, _ask: Any, _watch: Watch) -> Ending:
    """Fail as a broken server does."""
    return Failed("internal", "It broke.", "Report it.")


def tasks(jobs: JobBook) -> list[Fixture]:
    """The tools; each call becomes a job of `jobs`, and a task where the client takes tasks."""
    works = {"slow_compute": compute, "failing_job": fail, "protocol_error_job": break_down}
    return [_greet(), *(_task(name, work, jobs) for name, work in works.items())]


def _greet() -> Fixture:
    async def greet(_ctx: Ctx, params: types.CallToolRequestParams) -> types.CallToolResult:
        said = f"Hello, {(params.arguments or {}).get('name', 'you')}!"
        return types.CallToolResult(content=[types.TextContent(type="text", text=said)])

    properties = {"name": {"type": "string"}}
    return Fixture("greet", greet, {"type": "object", "properties": properties})


def _task(name: str, work: Any, jobs: JobBook) -> Fixture:
    tool = Tool(name=name, title=name, ask=SecondsAsk, answer=Answer)

    async def call(ctx: Ctx, params: types.CallToolRequestParams) -> Any:
        client = client_of(ctx)
        if work is fail and not client.takes_tasks:  # the suite wants one tool that insists
            raise lacks_tasks()
        ask = SecondsAsk(seconds=(params.arguments or {}).get("seconds", 1))
        record = jobs.start(tool, ask, work, client.owner)
        record.is_handed_over = client.takes_tasks
        if client.takes_tasks and ask.seconds:
            return {"resultType": "task", **task_of(record)}
        ending = await record.wait(60)
        if ending is None:
            raise TimeoutError(name)
        return reply(ending)

    properties = {"seconds": {"type": "number"}, "label": {"type": "string"}}
    return Fixture(name, call, {"type": "object", "properties": properties})
