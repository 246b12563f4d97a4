"""One call of check_gradients: trace, judge, locate. Runs in the server; imports no JAX.

The tracer runs user Python and hands out programs. The judge runs no user Python and decides. The
third job, only after a finding, runs user Python again to name lines and primitives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk, Finding
from jax_workbench.tools.check_gradients.answer import Evidence, compose, with_room
from jax_workbench.tools.check_gradients.messages import (
    ExplainAsk,
    Explained,
    JudgeAsk,
    Judgement,
    Place,
    TraceAsk,
    Traced,
)
from jax_workbench.tools.contract import JobResult, Jobs, Note, Part
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
BY_LEAF = frozenset(("zero_gradient", "surrogate", "kink", "discontinuous"))
"""Kinds whose place depends on the leaf: many leaves are nan for one reason."""
AUDIT_SHARE, JUDGE_SHARE = 0.35, 0.9
LEAST_S = 1.0
MARGIN_S = 4.0
"""What a job takes beyond the work that it is told to do."""


async def plan(ask: CheckGradientsAsk, jobs: Jobs) -> CheckGradientsAnswer:
    """Check the gradients; the server calls this."""
    call = Call(ask, jobs, end_s=jobs.left_s() - ask.time_budget_s)
    try:
        traced, programs = await call.trace()
    except Exception as error:
        if code_of(error) != "timed_out" or not call.is_budget_binding():
            raise
        return compose(ask, call.nothing_done())
    judgement = traced.judgement
    if judgement is None and not (traced.unsupported or traced.nondeterministic):
        judgement = await call.judge(traced, programs)
    if judgement is not None:
        judgement = await call.locate(with_room(judgement))
    return compose(ask, Evidence(traced, judgement, tuple(call.notes)))


@dataclass
class Call:
    """The jobs of one call."""

    ask: CheckGradientsAsk
    jobs: Jobs
    end_s: float
    """What the call has left when the budget is spent."""
    notes: list[Note] = field(default_factory=list[Note])

    def left_s(self) -> float:
        """Seconds of work, never less than LEAST_S."""
        left = self.jobs.left_s()
        return max(LEAST_S, min(left - self.end_s, left - MARGIN_S))

    def is_budget_binding(self) -> bool:
        """Whether `time_budget_s` ends the work, not `timeout_s`."""
        return self.end_s >= MARGIN_S

    def nothing_done(self) -> Evidence:
        """What to say where the code under test took all the time."""
        self.warn(
            "budget_spent",
            f"Running and tracing the code took all of {self.ask.time_budget_s:g} s; nothing was "
            "checked. Make it do less at import, raise time_budget_s, or end its loops.",
        )
        return Evidence(Traced(leaves=(), n_inputs=0), None, tuple(self.notes))

    async def run(
        self, function: str, argument: Part, blobs: Mapping[str, bytes] | None = None
    ) -> JobResult:
        """Run one job within the budget."""
        return await self.jobs.run(
            f"{HERE}.{function}",
            argument.model_dump(mode="json"),
            blobs=blobs,
            x64=self.ask.x64,
            seed=self.ask.seed,
            timeout_s=self.left_s() + MARGIN_S,
        )

    def warn(self, code: str, text: str) -> None:
        """Add a note."""
        self.notes.append(Note(code=code, severity="warning", text=text))

    def to_trace(self) -> TraceAsk:
        """What the tracer is told."""
        ask = self.ask
        return TraceAsk(
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
            judge_s=JUDGE_SHARE * self.left_s(),
        )

    async def trace(self) -> tuple[Traced, Mapping[str, bytes]]:
        """Export the programs; again without the audit of rules if that ended the worker."""
        to_trace = self.to_trace()
        try:
            job = await self.run("tracer:run", to_trace)
        except Exception as error:
            if code_of(error) not in LOST - {"timed_out"}:
                raise
            self.warn(
                "rule_not_audited",
                f"The worker that audits custom rules was lost ({code_of(error)}).",
            )
            job = await self.run("tracer:run", to_trace.model_copy(update={"audit_s": 0.0}))
        return believed(Traced, job.value), {saved.name: saved.content for saved in job.saved}

    async def judge(self, traced: Traced, programs: Mapping[str, bytes]) -> Judgement | None:
        """Let a process without user Python decide; None if it was lost."""
        to_judge = JudgeAsk(
            leaves=traced.leaves,
            coarsest=traced.coarsest.dtype if traced.coarsest else "",
            is_native=traced.is_native,
            looseness=traced.looseness,
            refused=traced.refused,
            modes=tuple(dict.fromkeys(self.ask.modes)),
            order=self.ask.order,
            suspects=traced.suspects,
            seed=self.ask.seed,
            deadline_s=JUDGE_SHARE * self.left_s(),
        )
        try:
            job = await self.run("judge:run", to_judge, programs)
        except Exception as error:
            if code_of(error) not in LOST:
                raise
            self.warn(
                "budget_spent",
                f"The worker that checks was lost ({code_of(error)}); use smaller arguments.",
            )
            return None
        return believed(Judgement, job.value)

    async def locate(self, judgement: Judgement) -> Judgement:
        """Put lines and primitives into the findings; they stay without where that fails."""
        findings = list(judgement.findings)
        unplaced = [i for i, f in enumerate(findings) if f.kind in LOCATED and f.line is None]
        questions = [question_of(findings[i]) for i in unplaced]
        asked = ExplainAsk(trace=self.to_trace(), questions=tuple(dict.fromkeys(questions)))
        if not questions:
            return judgement
        try:
            job = await self.run("explain:run", asked)
        except Exception as error:
            if code_of(error) is None:
                raise
            self.warn("not_located", f"The lines could not be named ({code_of(error)}).")
            return judgement
        explained = believed(Explained, job.value)
        places = dict(zip(asked.questions, explained.places, strict=False))
        for i, question in zip(unplaced, questions, strict=True):
            place = places.get(question, Place())
            said = {k: v for k, v in place.model_dump().items() if v is not None}
            findings[i] = findings[i].model_copy(update=said)
        return judgement.model_copy(update={"findings": tuple(findings)})


def question_of(finding: Finding) -> tuple[str, str]:
    """Kind, and the leaf where it matters."""
    return finding.kind, (finding.leaf or "") if finding.kind in BY_LEAF else ""


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
        wrong = error.errors(include_url=False, include_input=False)
        raise ToolError(
            "user_code_failed",
            f"The worker's report can't be read: {wrong[0]['loc']}: {wrong[0]['msg']}.",
            "Let the code leave the modules of the process alone.",
        ) from None
