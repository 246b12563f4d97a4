"""The Tasks extension through a client that declares it."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import anyio
import pytest
from mcp import Client, types
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError

from jax_workbench.server import handover
from jax_workbench.server.caller_identity import TASKS
from jax_workbench.tools.errors import ToolError
from tests.server.conftest import FakePool, Held, MakeServer

pytestmark = pytest.mark.anyio

LIMIT_S = 20


class Created(types.Result):
    """What comes instead of an answer that takes long."""

    result_type: Literal["task"]
    task_id: str
    status: str
    ttl_ms: int
    poll_interval_ms: int


class State(types.Result):
    """How a task stands; without a status, that a request was taken."""

    status: str = ""
    result: dict[str, Any] | None = None


class TaskRequest(types.Request[dict[str, Any], str]):
    """One of the extension's methods; the HTTP transport names the task in a header."""

    name_param: ClassVar = "taskId"
    method: str
    params: dict[str, Any]


class Polls(ClientExtension):
    """Declares the extension; `then` is done with a task's id and the session."""

    identifier = TASKS

    def __init__(self, then: Callable[[str, Any], Any]) -> None:
        """Resolve claimed results by `then`."""
        self.then = then
        self.created: list[Created] = []

    def claims(self) -> list[ResultClaim[Any]]:
        """Take tasks where answers are expected."""
        return [ResultClaim(result_type="task", model=Created, resolve=self._resolve)]

    async def _resolve(self, created: Created, ctx: ClaimContext) -> types.CallToolResult:
        self.created.append(created)
        return await self.then(created.task_id, ctx.session)


async def state_of(task_id: str, session: Any, method: str = "tasks/get") -> State:
    request = TaskRequest(method=method, params={"taskId": task_id})
    return await session.send_request(request, State)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task at once, so that no test waits."""
    monkeypatch.setattr(handover, "TASK_AFTER_S", 0.0)


async def test_a_call_that_takes_long_becomes_a_task_whose_result_is_the_answer(
    make_server: MakeServer,
) -> None:
    held = Held()
    seen: list[str] = []

    async def poll(task_id: str, session: Any) -> types.CallToolResult:
        seen.append((await state_of(task_id, session)).status)
        held.let_go.set()
        while (state := await state_of(task_id, session)).status == "working":
            await anyio.lowlevel.checkpoint()
        seen.append(state.status)
        return types.CallToolResult.model_validate(state.result)

    polls = Polls(poll)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(behave=held)), extensions=[polls]) as client:
            got = await client.call_tool("echo_code", {"code": "1"})

    assert seen == ["working", "completed"]
    assert got.structured_content is not None
    assert got.structured_content["status"] == "ok"
    assert polls.created[0].poll_interval_ms > 0


async def test_a_cancelled_task_kills_its_job_and_says_so(make_server: MakeServer) -> None:
    pool = FakePool(behave=Held())
    ended: list[str] = []

    async def cancel(task_id: str, session: Any) -> types.CallToolResult:
        await state_of(task_id, session, "tasks/cancel")
        await pool.killed.wait()
        while (state := await state_of(task_id, session)).status == "working":
            await anyio.lowlevel.checkpoint()
        ended.append(state.status)
        return types.CallToolResult(content=[], is_error=True)

    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool), extensions=[Polls(cancel)]) as client:
            await client.call_tool("echo_code", {"code": "1"})

    assert ended == ["cancelled"]


async def ended_task(make_server: MakeServer, pool: FakePool) -> tuple[State, bool]:
    """How a task ended, and whether the call was an error."""
    states: list[State] = []

    async def poll(task_id: str, session: Any) -> types.CallToolResult:
        while (state := await state_of(task_id, session)).status == "working":
            await anyio.lowlevel.checkpoint()
        states.append(state)
        return types.CallToolResult.model_validate(state.result or {"content": [], "isError": True})

    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool), extensions=[Polls(poll)]) as client:
            got = await client.call_tool("echo_code", {"code": "1"})
    return states[0], got.is_error


async def test_code_that_fails_is_a_completed_task_with_an_error(make_server: MakeServer) -> None:
    async def fail(_spec: Any, _on_progress: Any) -> dict[str, Any]:
        raise ToolError("user_code_failed", "It raised.", "Mend it.")

    state, is_error = await ended_task(make_server, FakePool(behave=fail))

    assert (state.status, is_error) == ("completed", True)
    assert state.result is not None
    assert state.result["content"][0]["text"] == "user_code_failed: It raised. Mend it."


async def test_a_fault_of_the_server_is_a_failed_task(make_server: MakeServer) -> None:
    async def break_down(_spec: Any, _on_progress: Any) -> dict[str, Any]:
        return {"value": {"status": "no such word"}}

    state, _ = await ended_task(make_server, FakePool(behave=break_down))

    assert state.status == "failed"
    assert state.result is None


async def test_a_client_that_declared_nothing_gets_no_task_and_may_not_ask_for_one(
    make_server: MakeServer,
) -> None:
    held = Held()
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(behave=held), answer_within_s=0.0)) as client:
            got = await client.call_tool("echo_code", {"code": "1"})
            assert got.structured_content is not None
            job_id = got.structured_content["run"]["job_id"]
            with pytest.raises(MCPError) as refused:
                await state_of(job_id, client.session)
            held.let_go.set()

    assert got.structured_content["status"] == "running"
    assert refused.value.error.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY


async def test_an_unknown_task_is_an_invalid_parameter(make_server: MakeServer) -> None:
    async def unused(_task_id: str, _session: Any) -> types.CallToolResult:
        raise AssertionError("no task was made")

    async with Client(make_server(FakePool()), extensions=[Polls(unused)]) as client:
        with pytest.raises(MCPError) as refused:
            await state_of("nobody's", client.session)

    assert refused.value.error.code == types.INVALID_PARAMS
