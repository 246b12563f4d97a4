"""Answers within the time that clients wait: with the result, or with a job handle. Server only."""

from collections.abc import Mapping
from typing import Any

import anyio
from pydantic import ValidationError

from jax_workbench.server.arguments import plain, read
from jax_workbench.server.call import Caller, ending_of
from jax_workbench.server.caller_identity import Client
from jax_workbench.server.describe import AnyTool
from jax_workbench.server.envelope import Facts, envelope, run_of
from jax_workbench.server.jobs import JobBook, JobRecord
from jax_workbench.server.progress import Report, heartbeats
from jax_workbench.server.reply import Answered, Ending, Failed
from jax_workbench.tools import cancel_job, get_job
from jax_workbench.tools.contract import Next

TASK_AFTER_S = 1.0
"""A client that polls tasks gets one for what takes longer."""
CANCEL_S = 5.0
"""How long cancel_job waits for a job to be gone; it takes less than one."""


class Handover:
    """Takes calls of any tool; those of the job tools it answers itself."""

    def __init__(self, caller: Caller, jobs: JobBook, *, answer_within_s: float) -> None:
        """Hand out a job handle where a call takes longer than `answer_within_s`."""
        self._caller = caller
        self._jobs = jobs
        self._answer_within_s = answer_within_s

    async def take(
        self, tool: AnyTool, arguments: Mapping[str, Any], report: Report, client: Client
    ) -> Ending | JobRecord:
        """Take one call from its raw arguments to what the client is told now.

        A client that takes tasks gets the job itself where it is not soon done. Raises nothing but
        cancellation, which also ends the job unless its id is out.
        """
        taken = await ending_of(tool.name, self._taken(tool, arguments, report, client))
        if not isinstance(taken, JobRecord):
            self._jobs.ledger.answered(tool.name, taken)
        return taken

    async def _taken(
        self, tool: AnyTool, arguments: Mapping[str, Any], report: Report, client: Client
    ) -> Ending | JobRecord:
        try:
            ask = read(tool.ask, arguments)
        except ValidationError as error:
            return Failed(
                "bad_argument", plain(error, tool.ask), "Correct the arguments and call again."
            )
        match ask:
            case get_job.GetJobAsk():
                return await self._fetched(ask, report, client)
            case cancel_job.CancelJobAsk():
                return await self._cancelled(ask, client)
            case _:
                record = self._jobs.start(tool, ask, self._caller.run, client.owner)
                return await self._inline_or_handle(record, report, client)

    async def _inline_or_handle(
        self, record: JobRecord, report: Report, client: Client
    ) -> Ending | JobRecord:
        patience_s = self._answer_within_s
        if client.takes_tasks:
            patience_s = min(patience_s, TASK_AFTER_S)
        try:
            async with heartbeats(report, record.watch):
                ending = await record.wait(patience_s)
        except anyio.get_cancelled_exc_class():
            record.cancel("The client cancelled the call.")
            raise
        if ending is not None:
            return ending
        record.is_handed_over = True
        return record if client.takes_tasks else self._standing(record, result=None)

    async def _fetched(self, ask: get_job.GetJobAsk, report: Report, client: Client) -> Ending:
        record = self._jobs.find(ask.job_id, client.owner)
        async with heartbeats(report, record.watch):
            ending = await record.wait(ask.wait_s)
        return ending or self._standing(record, result=_progress_of(record))

    async def _cancelled(self, ask: cancel_job.CancelJobAsk, client: Client) -> Ending:
        record = self._jobs.find(ask.job_id, client.owner)
        record.cancel("It was cancelled with cancel_job.")
        ending = await record.wait(CANCEL_S)
        if isinstance(ending, Failed) and ending.code == "cancelled":
            answer = cancel_job.CancelJobAnswer(
                status="cancelled",
                summary=f"{record.tool.name} was stopped after {record.watch.elapsed_s():.1f} s. "
                f"{record.watch.said_of_left()}".strip(),
            )
        elif ending is None:
            raise RuntimeError(f"job {record.id} is still there after {CANCEL_S} s")
        else:
            answer = cancel_job.CancelJobAnswer(
                status="already_finished",
                summary=f"{record.tool.name} had finished before; get_job has its answer.",
                next=(_fetch(record, "To read the answer."),),
            )
        return Answered(envelope(answer, record.watch.left, self._run(record)))

    def _standing(self, record: JobRecord, result: get_job.JobProgress | None) -> Answered:
        """The answer of a call that goes on."""
        watch = record.watch
        answer = get_job.GetJobAnswer(
            status="running",
            summary=f"{record.tool.name} is not done after {watch.elapsed_s():.1f} s "
            f"({watch.said()}).",
            result=result and get_job.AnyResult.model_validate(result.model_dump()),
            next=(_fetch(record, "Waits for the answer and returns it."),),
        )
        return Answered(envelope(answer, (), self._run(record)))

    def _run(self, record: JobRecord) -> dict[str, Any]:
        run = run_of(
            record.watch.run_id,
            record.tool.name,
            record.ask,
            Facts(wall_s=record.watch.elapsed_s()),
            self._caller.pool.status(),
        )
        return {**run, "job_id": record.id}


def _progress_of(record: JobRecord) -> get_job.JobProgress:
    elapsed_s = round(record.watch.elapsed_s(), 3)
    return get_job.JobProgress(
        progress=elapsed_s,
        total=getattr(record.ask, "timeout_s", None),
        message=record.watch.said(),
        elapsed_s=elapsed_s,
        queue_position=record.watch.queue_position,
    )


def _fetch(record: JobRecord, why: str) -> Next:
    return Next(tool=get_job.TOOL.name, why=why, arguments={"job_id": record.id, "wait_s": 30})
