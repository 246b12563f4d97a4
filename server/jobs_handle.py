"""What a plan starts jobs with: `tools.contract.Jobs` on top of the sandbox's pool. Server only."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, cast

from jax_workbench.sandbox import policy
from jax_workbench.sandbox.errors import JobFailed
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.envelope import Facts
from jax_workbench.server.reply import end_of_output
from jax_workbench.server.run_store import Artifact, safe_artifact, uri_of
from jax_workbench.server.stopwatch import Stopwatch
from jax_workbench.server.watch import Watch
from jax_workbench.tools.contract import JobResult, Lane, Measured, Saved, Shape
from jax_workbench.tools.errors import WORKER_CODES, ToolError
from jax_workbench.tools.worker_profile import ENTRY


class CallJobs:
    """The jobs of one call: within its deadline, with its inputs, their facts added up."""

    def __init__(  # noqa: PLR0913 - each of these is one fact about the call
        self,
        pool: BackgroundPool,
        watch: Watch,
        *,
        inputs: Mapping[str, bytes],
        limits: policy.Limits,
        session: str | None = None,
        clock: Stopwatch | None = None,
    ) -> None:
        """`limits.wall_s` bounds the whole call; `inputs` are the call's files by base name.

        `session`: whose compiled programs its jobs find and add to; None: nobody's.
        """
        self.inputs = inputs
        self.facts = Facts()
        self.kept: list[Artifact] = []
        self.draft: Artifact | None = None
        """What the last job left that was ended before its value."""
        self._pool = pool
        self._watch = watch
        self._limits = limits
        self._session = session
        self._clock = clock or Stopwatch()

    async def run(  # noqa: PLR0913 - the contract's signature
        self,
        work: str,
        argument: Mapping[str, Any],
        *,
        blobs: Mapping[str, bytes] | None = None,
        lane: Lane = "shared",
        shape: Shape | None = None,
        x64: bool = False,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Run `work(argument, job) -> dict` in a worker of its own.

        Raises ToolError with what the job reported or how it ended without a value, and
        SandboxUnavailable where no job can run.
        """
        left_s = self.left_s()
        if left_s <= 0:
            raise ToolError(
                "timed_out",
                f"The call used its {self._limits.wall_s:g} s before all of its jobs were run.",
                "Raise timeout_s or ask for less.",
            )
        shape = shape or Shape()
        spec = policy.JobSpec(
            function=ENTRY,
            argument={"function": work, "argument": argument, "x64": x64, "seed": seed},
            blobs=blobs or {},
            lane=lane,
            client=self._watch.owner,
            session=self._session,
            shape=policy.Shape(n_cores=shape.n_cores, devices=shape.devices),
            limits=replace(self._limits, wall_s=min(left_s, timeout_s or left_s)),
        )
        try:
            outcome = await self._outcome(spec)
        except JobFailed as failed:
            if failed.measured:
                self._add(failed.measured)
            # A plan knows nothing of the sandbox, and may go on without this job.
            cause = failed.cause + end_of_output(failed.stdout, failed.stderr)
            raise ToolError(failed.code, cause, failed.next_step) from failed
        self._add(outcome.measured)
        return _job_result(outcome)

    def left_s(self) -> float:
        """Wall seconds that this call has left, queueing not counted."""
        return self._limits.wall_s - self._clock.elapsed_s()

    def progress(self, message: str) -> None:
        """Say what is being done."""
        self._watch.say(message)

    def keep(self, saved: Saved) -> str:
        """Make `saved` an artifact of the run; returns its URI."""
        taken = [artifact.name for artifact in self.kept]
        artifact = safe_artifact(saved.name, saved.mime_type, saved.content, taken)
        self.kept.append(artifact)
        return uri_of(self._watch.run_id, artifact.name)

    async def _outcome(self, spec: policy.JobSpec) -> policy.Outcome:
        job = object()

        def on_queue(position: int) -> None:
            self._watch.queue(position)
            (self._clock.queue if position else self._clock.start)(job)

        self._clock.queue(job)
        try:
            outcome = await self._pool.run(
                spec, on_progress=self._watch.say, on_queue=on_queue, on_draft=self._hold
            )
        finally:
            self._clock.leave(job)
        self.draft = None
        return outcome

    def _hold(self, draft: policy.Blob) -> None:
        self.draft = safe_artifact(draft.name, draft.mime_type, draft.content, ())

    def _add(self, measured: policy.Measured) -> None:
        facts = self.facts
        facts.wall_s += measured.wall_s
        facts.queue_s += measured.queue_s
        facts.cpu_s += measured.cpu_s
        facts.peak_rss_mib = max(facts.peak_rss_mib, measured.peak_rss_mib)
        facts.device = measured.device or facts.device
        facts.platform = measured.platform or facts.platform


def _job_result(outcome: policy.Outcome) -> JobResult:
    """The outcome in the tools' words. Raises what the job says went wrong."""
    value = outcome.value.get("value")
    if not isinstance(value, dict):
        raise _reported(outcome)
    return JobResult(
        value=cast("dict[str, Any]", value),
        saved=tuple(Saved(b.name, b.content, b.mime_type) for b in outcome.saved),
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        stdout_truncated=outcome.stdout_truncated,
        stderr_truncated=outcome.stderr_truncated,
        measured=Measured(**asdict(outcome.measured)),
    )


def _reported(outcome: policy.Outcome) -> Exception:
    """The error that a job reports of itself; it may only use the codes that are its own to say."""
    error = outcome.value.get("error")
    said = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code, cause, next_step = (said.get(key) for key in ("code", "cause", "next_step"))
    if code not in WORKER_CODES or not isinstance(cause, str) or not isinstance(next_step, str):
        return RuntimeError(f"a job reported {error!r}; its stderr: {outcome.stderr[-2000:]}")
    if code == "user_code_failed":
        cause += end_of_output(outcome.stdout, outcome.stderr)
    return ToolError(code, cause, next_step)
