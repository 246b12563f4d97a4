"""One call of check_gradients: trace, judge, locate. Runs in the server; imports no JAX.

The tracer runs user Python and hands out programs. The judge runs no user Python and decides. The
third job, only after a finding, runs user Python again to name lines and primitives.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk
from jax_workbench.tools.check_gradients.answer import Evidence, compose
from jax_workbench.tools.check_gradients.messages import (
    ExplainAsk,
    Explained,
    JudgeAsk,
    Judgement,
    TraceAsk,
    Traced,
)
from jax_workbench.tools.contract import JobResult, Jobs, Note
from jax_workbench.tools.errors import ToolError

HERE = "jax_workbench.tools.check_gradients"
LOST = frozenset(("timed_out", "worker_died", "out_of_memory", "output_too_large"))
"""Codes of jobs that ended without a value."""
LOCATED = frozenset(
    {
        *("nan", "inf", "zero_gradient", "surrogate", "kink", "discontinuous"),
        *("fail", "fwd_rev_mismatch"),
    }
)
AUDIT_SHARE, JUDGE_SHARE = 0.35, 0.9
LEAST_S = 1.0
MARGIN_S = 4.0
"""What a job takes beyond the work that it is told to do."""


async def plan(ask: CheckGradientsAsk, jobs: Jobs) -> CheckGradientsAnswer:
    """Check the gradients; the server calls this."""
    clock = Budget(ask, jobs)
    to_trace = TraceAsk(
        code=ask.code,
        fn=ask.fn,
        make_args=ask.make_args,
        inputs=ask.inputs,
        argnums=ask.argnums,
        order=ask.order,
        modes=tuple(dict.fromkeys(ask.modes)),
        seed=ask.seed,
        x64=ask.x64,
        audit_s=AUDIT_SHARE * ask.time_budget_s,
        judge_s=JUDGE_SHARE * clock.left_s(),
    )
    notes: list[Note] = []
    traced, result = await trace(to_trace, ask, jobs, clock, notes)
    judgement = traced.judgement
    if judgement is None and not (traced.unsupported or traced.nondeterministic):
        judgement = await judge(ask, to_trace, traced, result, jobs, clock, notes)
    if judgement is not None:
        judgement = await located(ask, to_trace, judgement, jobs, clock, notes)
    return compose(ask, Evidence(traced, judgement, tuple(notes)))


class Budget:
    """Seconds of `time_budget_s`, and of the call, that are left."""

    def __init__(self, ask: CheckGradientsAsk, jobs: Jobs) -> None:
        """Start now."""
        self._jobs = jobs
        self._end_s = jobs.left_s() - ask.time_budget_s

    def left_s(self) -> float:
        """Seconds of work, never less than LEAST_S."""
        left = min(self._jobs.left_s() - self._end_s, self._jobs.left_s() - MARGIN_S)
        return max(LEAST_S, left)


async def trace(
    to_trace: TraceAsk, ask: CheckGradientsAsk, jobs: Jobs, clock: Budget, notes: list[Note]
) -> tuple[Traced, JobResult]:
    """Export the programs; once more without the audit of rules if that ended the worker."""

    async def once(asked: TraceAsk) -> JobResult:
        return await jobs.run(
            f"{HERE}.tracer:run",
            asked.model_dump(),
            x64=ask.x64,
            seed=ask.seed,
            timeout_s=clock.left_s() + MARGIN_S,
        )

    try:
        result = await once(to_trace)
    except Exception as error:
        if code_of(error) not in LOST - {"timed_out"}:
            raise
        note = f"The worker that audits custom rules was lost ({code_of(error)})."
        notes.append(Note(code="rule_not_audited", severity="warning", text=note))
        result = await once(to_trace.model_copy(update={"audit_s": 0.0}))
    return believed(Traced, result.value), result


async def judge(  # noqa: PLR0913 - what one job needs
    ask: CheckGradientsAsk,
    to_trace: TraceAsk,
    traced: Traced,
    result: JobResult,
    jobs: Jobs,
    clock: Budget,
    notes: list[Note],
) -> Judgement | None:
    """Let a process without user Python decide; None if it was lost."""
    to_judge = JudgeAsk(
        leaves=traced.leaves,
        coarsest=traced.coarsest.dtype if traced.coarsest else "",
        is_native=traced.is_native,
        looseness=traced.looseness,
        has_scalar_output=traced.has_scalar_output,
        refused=traced.refused,
        modes=to_trace.modes,
        order=ask.order,
        suspects=traced.suspects,
        seed=ask.seed,
        deadline_s=JUDGE_SHARE * clock.left_s(),
    )
    try:
        job = await jobs.run(
            f"{HERE}.judge:run",
            to_judge.model_dump(),
            blobs={saved.name: saved.content for saved in result.saved},
            x64=ask.x64,
            seed=ask.seed,
            timeout_s=clock.left_s() + MARGIN_S,
        )
    except Exception as error:
        if code_of(error) not in LOST:
            raise
        text = f"The worker that checks was lost ({code_of(error)}); use smaller arguments."
        notes.append(Note(code="budget_spent", severity="warning", text=text))
        return None
    return believed(Judgement, job.value)


async def located(  # noqa: PLR0913 - what one job needs
    ask: CheckGradientsAsk,
    to_trace: TraceAsk,
    judgement: Judgement,
    jobs: Jobs,
    clock: Budget,
    notes: list[Note],
) -> Judgement:
    """Put lines and primitives into the findings; they stay without where that fails."""
    open_ones = [
        i for i, f in enumerate(judgement.findings) if f.kind in LOCATED and f.line is None
    ]
    questions = list(
        dict.fromkeys(
            (judgement.findings[i].kind, judgement.findings[i].leaf or "") for i in open_ones
        )
    )
    if not questions:
        return judgement
    asked = ExplainAsk(trace=to_trace, questions=tuple(questions))
    try:
        job = await jobs.run(
            f"{HERE}.explain:run",
            asked.model_dump(),
            x64=ask.x64,
            seed=ask.seed,
            timeout_s=clock.left_s() + MARGIN_S,
        )
        explained = believed(Explained, job.value)
    except Exception as error:
        if code_of(error) is None:
            raise
        text = f"The lines could not be named ({code_of(error)})."
        notes.append(Note(code="not_located", severity="info", text=text))
        return judgement
    places = dict(zip(questions, explained.places, strict=False))
    findings = list(judgement.findings)
    for i in open_ones:
        place = places.get((findings[i].kind, findings[i].leaf or ""))
        if place is not None:
            said = {k: v for k, v in place.model_dump().items() if v is not None}
            findings[i] = findings[i].model_copy(update=said)
    return judgement.model_copy(update={"findings": tuple(findings)})


def code_of(error: Exception) -> str | None:
    """Code of an error that says how a job ended; None for any other."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else None


def believed[M: (Traced, Judgement, Explained)](model: type[M], value: Any) -> M:
    """A job's words, if they have the shape that ours have.

    Raises:
        ToolError: They do not: user code has changed what its process says.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong: Sequence[Any] = error.errors(include_url=False, include_input=False)
        raise ToolError(
            "user_code_failed",
            f"The worker's report can't be read: {wrong[0]['loc']}: {wrong[0]['msg']}.",
            "Let the code leave the modules of the process alone.",
        ) from None
