"""The jobs that time programs, in processes that never run user Python. Runs in the server."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.evidence import Timed
from jax_workbench.tools.benchmark_fn.judge import is_close, needs_second_opinion, rule
from jax_workbench.tools.benchmark_fn.meanwhile import meanwhile
from jax_workbench.tools.benchmark_fn.messages import (
    ALPHA,
    PROGRAM,
    SAMPLES,
    Machine,
    Stuck,
    TimerAsk,
    TimerReport,
    TimerVariant,
)
from jax_workbench.tools.benchmark_fn.pressure import Pressure
from jax_workbench.tools.benchmark_fn.rejections import OF_ONE_VARIANT
from jax_workbench.tools.benchmark_fn.tracing import Tracing
from jax_workbench.tools.contract import JobResult, Jobs, Saved, Shape
from jax_workbench.tools.errors import ToolError

TIME = "jax_workbench.tools.benchmark_fn.timer:run"
DEATHS = frozenset(("timed_out", "out_of_memory", "worker_died"))
MARGIN_S, MARGIN_SHARE = 1.0, 0.05
"""Of the call, kept for the way to the timer and back: its clock starts when its process does."""
SECOND_OPINION_S = 2.0
SECOND_OPINION_MARGIN_S = 2.0
CLOSE_NEEDS_S = 1.0
"""Of the budget; in less a second process would see nothing."""
MARK_EVERY_S = 0.5


@dataclass
class Timing:
    """The programs of one call, and the processes that time them."""

    ask: BenchmarkFnAsk
    jobs: Jobs
    baseline: str
    tracing: Tracing
    alpha: float = ALPHA
    """Error that all comparisons of the run may make together."""
    stored_on: Machine | None = None
    """Where the baseline was stored, if it is a stored program."""

    async def time_all(self) -> Timed:
        """Time everyone who was not refused; whoever spoils the timer's process is out.

        Raises:
            ToolError: The baseline can't be timed.
        """
        while True:
            names = self.names()
            try:
                timed = await self.time_once(names, self.ask.time_budget_s, keep_samples=True)
            except ToolError as error:
                if error.code not in DEATHS or len(names) == 1:
                    raise
                await self.find_killers(names, error)
                continue
            if timed.report.stuck is None:
                return timed
            self.tracing.rejections.take(timed.report.stuck.name, never_done(timed.report.stuck))

    def names(self) -> list[str]:
        """Variants still in, the baseline first."""
        out = {self.baseline, *self.tracing.rejections.refused}
        return [self.baseline, *(v.name for v in self.ask.variants if v.name not in out)]

    async def find_killers(self, names: Sequence[str], error: ToolError) -> None:
        """Run each variant alone after the timer died, and reject those that die again.

        Raises:
            ToolError: It was the baseline, or nobody dies alone.
        """
        rejections = self.tracing.rejections
        n_before = len(rejections.refused)
        for name in names:
            try:
                alone = await self.time_once([name], 0.0, keep_samples=False)
            except ToolError as again:
                rejections.take(name, again)
            else:
                if alone.report.stuck:
                    rejections.take(name, never_done(alone.report.stuck))
        if len(rejections.refused) == n_before:
            raise error

    async def time_once(
        self, names: Sequence[str], budget_s: float, *, keep_samples: bool
    ) -> Timed:
        """Time some variants in a fresh process, the first of them as baseline."""
        ask, blobs = self.argument(names, budget_s, keep_samples=keep_samples)
        self.jobs.progress(f"timing {', '.join(names)}")
        pressure = Pressure()
        result = await meanwhile(
            self.jobs.run(
                TIME,
                ask.model_dump(),
                blobs=blobs,
                lane="measuring",
                shape=Shape(n_cores=ask.n_cores, devices=self.ask.devices),
                x64=self.ask.x64,
            ),
            MARK_EVERY_S,
            pressure.mark,
        )
        pressure.mark()
        report = TimerReport.model_validate(result.value)
        saved = samples_of(result)
        if saved:
            self.jobs.keep(replace(saved, name=samples_name(self.tracing.sizes)))
        stalled, stolen = pressure.shares(report.measured_s)
        blocks = saved.content if saved else b""
        return Timed(report, stalled, stolen, result.measured.wall_s, blocks)

    def argument(
        self, names: Sequence[str], budget_s: float, *, keep_samples: bool
    ) -> tuple[TimerAsk, dict[str, bytes]]:
        """What the timer is asked, with a fresh secret, and the bytes that go with it."""
        programs = self.tracing.programs
        variants = [
            TimerVariant(
                name=name,
                blob=f"{PROGRAM}_{i}",
                in_paths=programs[name].traced.in_paths,
                out_paths=programs[name].traced.out_paths,
            )
            for i, name in enumerate(names)
        ]
        ask = TimerAsk(
            variants=tuple(variants),
            draws=self.tracing.draws,
            sets=self.tracing.sets.sets,
            secret=secrets.token_hex(16),
            budget_s=budget_s,
            deadline_s=max(0.0, (1 - MARGIN_SHARE) * self.jobs.left_s() - MARGIN_S),
            min_effect=self.ask.min_effect,
            alpha=self.alpha,
            rtol=self.ask.rtol,
            check_outputs=self.ask.check_outputs,
            n_cores=self.ask.threads or 1,
            keep_samples=keep_samples,
            stored_on=self.stored_on,
        )
        blobs = {variant.blob: programs[variant.name].blob for variant in variants}
        return ask, {**blobs, **self.tracing.set_blobs}

    async def second_opinion(self, first: Timed) -> Timed | None:
        """Time once more, in a fresh process, what looks too good or is close.

        What is close has the rest of the timing's budget. None if nothing is to be confirmed, the
        time is too short, or the second process failed.
        """
        doubtful, close = self.to_confirm(first)
        rest_s = self.ask.time_budget_s - first.report.measured_s
        if rest_s < CLOSE_NEEDS_S:
            close = []
        around_s = max(0.0, first.wall_s - first.report.measured_s)
        budget_s = min(self.ask.time_budget_s, max(SECOND_OPINION_S, rest_s if close else 0.0))
        has_time = self.jobs.left_s() >= around_s + budget_s + SECOND_OPINION_MARGIN_S
        if not (doubtful or close) or not has_time:
            return None
        try:
            names = [self.baseline, *doubtful, *close]
            return await self.time_once(names, budget_s, keep_samples=False)
        except ToolError as error:
            if error.code in OF_ONE_VARIANT:
                return None
            raise

    def to_confirm(self, first: Timed) -> tuple[list[str], list[str]]:
        """Candidates that look too good, and those that are close to the baseline."""
        conditions = first.conditions()
        pairs = [pair for pair in first.report.pairs if not first.is_refused(pair.candidate)]
        doubtful = [
            pair.candidate
            for pair in pairs
            if needs_second_opinion(pair, conditions) or first.is_suspect(pair.candidate)
        ]
        close = [
            pair.candidate
            for pair in pairs
            if pair.candidate not in doubtful and is_close(rule(pair, conditions))
        ]
        return doubtful, close


def samples_of(result: JobResult) -> Saved | None:
    """The timed blocks that a job handed out, if it was to."""
    return next((saved for saved in result.saved if saved.name == SAMPLES), None)


def samples_name(sizes: Mapping[str, int]) -> str:
    """Name of the artifact with every block; a sweep has one a size."""
    named = [f"{name}_{size}" for name, size in sizes.items()]
    return "_".join([SAMPLES.removesuffix(".json"), *named]) + ".json"


def never_done(stuck: Stuck) -> ToolError:
    """A variant that did not come back."""
    doing = "compiling" if stuck.phase == "compile" else "its first calls"
    return ToolError(
        "timed_out",
        f"{stuck.name} was not done with {doing} after {stuck.after_s:.0f} s.",
        "Raise timeout_s, or use smaller inputs.",
    )
