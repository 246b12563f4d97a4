"""Tools that the suite's task scenarios ask for and that ask the client back while they run.

No tool of ours asks its caller anything, so what a task needs for that is here: a job's questions,
shown by `tasks/get` and answered by `tasks/update`, around our own handlers of both.
"""

from typing import Any

import anyio
from conformance.asking_fixtures import form
from conformance.plain_fixtures import Ctx, Fixture
from mcp import types
from mcp.server import Server

from jax_workbench.server.jobs import JobBook
from jax_workbench.server.reply import Answered, Ending
from jax_workbench.server.tasks import TaskParams, UpdateParams, task_of
from jax_workbench.tools.contract import Answer, Ask, Tool

NAME: types.InputRequests = {"user_name": form("What is your name?", name={"type": "string"})}
YES: dict[str, Any] = {"type": "boolean"}


class Questions:
    """What one job has asked, and what it was told."""

    def __init__(self, requests: types.InputRequests) -> None:
        """Ask all of them at once."""
        self.pending = dict(requests)
        self.answers: dict[str, Any] = {}
        self._complete = anyio.Event()

    def take(self, responses: dict[str, Any]) -> None:
        """Note the answers to what was asked; others are passed over."""
        for key in responses.keys() & self.pending.keys():
            del self.pending[key]
            self.answers[key] = responses[key]
        if not self.pending:
            self._complete.set()

    def shown(self) -> dict[str, Any]:
        """What `tasks/get` adds while an answer is missing."""
        if not self.pending:
            return {}
        requests = {
            key: request.model_dump(mode="json", by_alias=True, exclude_none=True)
            for key, request in self.pending.items()
        }
        return {"status": "input_required", "inputRequests": requests}

    async def work(self, _tool: Any, _ask: Any, _watch: Any) -> Ending:
        """Wait for every answer."""
        await self._complete.wait()
        return Answered({"status": "ok", "summary": f"told: {self.answers}", "run": {}})


class AskingTasks:
    """The tools, and who has asked what."""

    def __init__(self, jobs: JobBook) -> None:
        """Run the tools' jobs in `jobs`."""
        self._jobs = jobs
        self._asked: dict[str, Questions] = {}

    def tools(self) -> list[Fixture]:
        """Two that ask while they run, and one that asks first."""
        delete: types.InputRequests = {"confirm": form("Delete it?", confirm=YES)}
        both: types.InputRequests = {
            key: form(f"Is it the {key} one?", confirm=YES) for key in ("first", "second")
        }
        return [
            self._asks_later("confirm_delete", delete),
            self._asks_later("multi_input", both),
            Fixture("test_tool_with_task", self._asks_first),
        ]

    def install(self, server: Server[None]) -> None:
        """Show and answer questions around our own `tasks/get` and `tasks/update`."""
        get = server.get_request_handler("tasks/get")
        update = server.get_request_handler("tasks/update")
        assert get
        assert update

        async def asked(ctx: Ctx, params: TaskParams) -> dict[str, Any]:
            state: Any = await get.handler(ctx, params)
            questions = self._asked.get(params.task_id)
            is_working = state["status"] == "working"
            return {**state, **questions.shown()} if questions and is_working else state

        async def answered(ctx: Ctx, params: UpdateParams) -> dict[str, Any]:
            taken: Any = await update.handler(ctx, params)
            if questions := self._asked.get(params.task_id):
                questions.take(params.input_responses)
            return taken

        server.add_request_handler("tasks/get", TaskParams, asked)
        server.add_request_handler("tasks/update", UpdateParams, answered)

    def _asks_later(self, name: str, requests: types.InputRequests) -> Fixture:
        async def call(_ctx: Ctx, _params: types.CallToolRequestParams) -> Any:
            return self._task(name, Questions(requests))

        return Fixture(name, call)

    async def _asks_first(self, _ctx: Ctx, params: types.CallToolRequestParams) -> Any:
        given = params.input_responses or {}
        if not NAME.keys() <= given.keys():
            return types.InputRequiredResult(input_requests=NAME, request_state="asked")
        questions = Questions(NAME)
        questions.take({key: given[key].model_dump(mode="json") for key in NAME})
        return self._task(params.name, questions)

    def _task(self, name: str, questions: Questions) -> dict[str, Any]:
        tool = Tool(name=name, title=name, ask=Ask, answer=Answer)
        record = self._jobs.start(tool, Ask(), questions.work)
        record.is_handed_over = True
        self._asked[record.id] = questions
        return {"resultType": "task", **task_of(record)}
