"""The life of a call, from checked arguments to how it ended. Server only."""

import logging
import secrets
from collections.abc import Awaitable
from importlib import import_module
from typing import Any, cast

import anyio
import anyio.to_thread

from jax_workbench.sandbox.errors import SandboxError
from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.describe import AnyTool
from jax_workbench.server.envelope import envelope, run_of
from jax_workbench.server.input_files import read_inputs
from jax_workbench.server.isolation_note import isolation_notes
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.reply import Answered, Ending, Failed, picture_of
from jax_workbench.server.run_store import SCHEME, Artifact, RunStore
from jax_workbench.server.settings import Settings
from jax_workbench.server.watch import Watch
from jax_workbench.tools.contract import Answer, Ask, Note, Shape
from jax_workbench.tools.errors import ToolError

ANSWER_CALL = "jax_workbench.tools.entry:answer_call"

NOT_STORED = Note(
    code="run_not_stored",
    severity="warning",
    text="The run could not be written to disk (is it full?): it and its files cannot be read "
    "later.",
)

logger = logging.getLogger(__name__)


class Caller:
    """Runs checked calls: plan or work in the sandbox, check the answer, store the run."""

    def __init__(self, pool: BackgroundPool, store: RunStore, settings: Settings) -> None:
        """Run jobs in `pool` and keep finished runs in `store`."""
        self.pool = pool
        self.store = store
        self.settings = settings

    async def run(self, tool: AnyTool, ask: Ask, watch: Watch) -> Ending:
        """Run one call to its end; raises nothing but cancellation."""
        return await ending_of(tool.name, self._answered(tool, ask, watch))

    async def _answered(self, tool: AnyTool, ask: Ask, watch: Watch) -> Answered:
        run_id = watch.run_id
        store = await anyio.to_thread.run_sync(self.store.of, watch.owner)
        inputs = await self._inputs(tool, ask, store)
        jobs = CallJobs(
            self.pool,
            watch,
            inputs=inputs,
            limits=Limits(
                wall_s=getattr(ask, "timeout_s", Limits.wall_s), memory_mib=self.settings.memory_mib
            ),
            session=watch.owner if tool.reuses_compiled else None,
        )
        try:
            said = await _said(tool, ask, jobs)
        finally:
            await self._keep_draft(tool, ask, watch, jobs.draft, store)
        answer = tool.answer.model_validate(said)
        status = self.pool.status()
        if tool.runs_user_code:
            notes = (*answer.notes, *isolation_notes(status.tier))
            answer = answer.model_copy(update={"notes": notes})
        run = run_of(run_id, tool.name, ask, jobs.facts, status)
        whole = envelope(answer, jobs.kept, run)
        record = {"tool": tool.name, "ask": ask.model_dump(mode="json"), "answer": whole}
        try:
            await anyio.to_thread.run_sync(store.save, run_id, record, jobs.kept)
        except OSError:
            logger.exception("run %s could not be stored", run_id)
            notes = [*whole["notes"], NOT_STORED.model_dump(mode="json")]
            whole = {**whole, "notes": notes, "artifacts": []}
        return Answered(whole, picture_of(jobs.kept))

    async def _keep_draft(
        self, tool: AnyTool, ask: Ask, watch: Watch, draft: Artifact | None, store: RunStore
    ) -> None:
        """Store what a call left that was ended before its answer, also where it is cancelled."""
        if draft is None:
            return
        record = {"tool": tool.name, "ask": ask.model_dump(mode="json"), "answer": None}
        with anyio.CancelScope(shield=True):
            try:
                await anyio.to_thread.run_sync(store.save, watch.run_id, record, [draft])
            except OSError:
                logger.exception("what run %s left could not be stored", watch.run_id)
                return
        watch.left = (draft,)

    async def _inputs(self, tool: AnyTool, ask: Ask, store: RunStore) -> dict[str, bytes]:
        files: tuple[str, ...] = tuple(getattr(ask, "files", ()))
        named = [str(getattr(ask, argument)) for argument in tool.stored_arguments]
        files = (*dict.fromkeys((*files, *(uri for uri in named if uri.startswith(SCHEME)))),)
        if not files:
            return {}
        return await anyio.to_thread.run_sync(read_inputs, files, self.settings.roots, store)


async def ending_of[T](name: str, work: Awaitable[T]) -> T | Failed:
    """How `work` ended, whatever it raised; lets nothing but cancellation through.

    An exception's own text never leaves the server: it may hold paths and secrets.
    """
    try:
        return await work
    except Exception as error:
        known = _known(error)
        if known is not None:
            return known
        entry = secrets.token_hex(4)
        logger.exception("%s failed, log id %s", name, entry)
        return Failed(
            "internal",
            f"{name} broke (log id {entry}).",
            "This is a fault of the server: report the log id.",
        )


async def _said(tool: AnyTool, ask: Ask, jobs: CallJobs) -> Answer | dict[str, Any]:
    """The tool's own answer: from its plan, or from its one job (then JSON, yet to be checked)."""
    if tool.plan:
        return await _named(tool.plan)(ask, jobs)
    result = await jobs.run(
        ANSWER_CALL,
        {"tool": tool.name, "ask": ask.model_dump(mode="json")},
        blobs=jobs.inputs,
        lane=tool.lane,
        shape=Shape(devices=getattr(ask, "devices", 1)),
        x64=getattr(ask, "x64", False),
        seed=getattr(ask, "seed", 0),
    )
    for saved in result.saved:
        jobs.keep(saved)
    return result.value


def _named(place: str) -> Any:
    """The function at `module:function`; only plans are imported so, and they are light."""
    module, _, function = place.partition(":")
    return getattr(import_module(module), function)


def _known(error: BaseException) -> Failed | None:
    """How an expected failure ends the call; None where it is our own fault."""
    if isinstance(error, ToolError):
        return Failed(error.code, error.cause, error.next_step)
    if isinstance(error, SandboxError):
        return Failed(error.code, error.cause, error.next_step)
    if isinstance(error, BaseExceptionGroup):  # jobs that a plan ran side by side
        group = cast("BaseExceptionGroup[BaseException]", error)
        return next(filter(None, map(_known, group.exceptions)), None)
    return None
