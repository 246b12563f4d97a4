"""The jobs of mode as_called: the exported programs first, then Python's own calls. Server.

The programs are timed in the process that never runs user Python, and say how fast the work can be
at best: a call that seems faster than its program left the work undone.
"""

import secrets
from dataclasses import dataclass, replace

from jax_workbench.tools.benchmark_fn import BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.evidence import Evidence, Timed
from jax_workbench.tools.benchmark_fn.judge import needs_second_opinion
from jax_workbench.tools.benchmark_fn.limited_jobs import LimitedJobs
from jax_workbench.tools.benchmark_fn.meanwhile import meanwhile
from jax_workbench.tools.benchmark_fn.messages import (
    AsCalledAsk,
    Draw,
    Refusal,
    TimerAsk,
    TimerReport,
    TimerVariant,
    TraceAsk,
)
from jax_workbench.tools.benchmark_fn.pressure import Pressure
from jax_workbench.tools.benchmark_fn.rejections import OF_ONE_VARIANT
from jax_workbench.tools.benchmark_fn.sizes import Sizes
from jax_workbench.tools.benchmark_fn.timing import (
    MARGIN_S,
    MARGIN_SHARE,
    MARK_EVERY_S,
    Timing,
    samples_name,
    samples_of,
)
from jax_workbench.tools.benchmark_fn.tracing import Tracing
from jax_workbench.tools.contract import Jobs, Shape
from jax_workbench.tools.errors import ToolError

AS_CALLED = "jax_workbench.tools.benchmark_fn.as_called:run"
PROGRAM_SHARE = 0.3
"""Of the timing: enough to see that a call leaves work undone."""
PROGRAM_CALL_SHARE = 0.4
"""Of the call's time, at most that much for the programs."""


@dataclass(frozen=True)
class AsCalledTiming:
    """What it takes to time one call's functions as they are called."""

    ask: BenchmarkFnAsk
    jobs: Jobs
    baseline: str
    draws: tuple[Draw, ...]
    sizes: Sizes
    alpha: float

    async def evidence(self) -> Evidence:
        """Time the programs that there are, then the calls.

        Raises:
            ToolError: The baseline can't be timed.
        """
        programs = await self.programs()
        timed = await self.time_once(keep_samples=True)
        conditions = timed.conditions()
        needs_second = any(needs_second_opinion(pair, conditions) for pair in timed.report.pairs)
        second = await self.time_once(keep_samples=False) if needs_second else None
        undone = {
            name: refusal
            for name in (variant.name for variant in self.ask.variants)
            if programs and (refusal := left_undone(name, timed, programs))
        }
        return Evidence(
            self.ask, self.baseline, {}, undone, timed, second, self.sizes, programs=programs
        )

    async def programs(self) -> Timed | None:
        """Times of the exported programs; None where the baseline can't be exported."""
        share = LimitedJobs(self.jobs, PROGRAM_CALL_SHARE * self.jobs.left_s())
        budget_s = PROGRAM_SHARE * self.ask.time_budget_s
        ask = self.ask.model_copy(update={"time_budget_s": budget_s, "check_outputs": False})
        tracing = Tracing(ask, share, self.baseline, self.draws, self.sizes)
        try:
            await tracing.trace_all()
            await tracing.make_input_sets()
            timing = Timing(ask, share, self.baseline, tracing, self.alpha)
            return await timing.time_once(timing.names(), budget_s, keep_samples=False)
        except ToolError as error:
            if error.code in OF_ONE_VARIANT:
                return None
            raise

    async def time_once(self, *, keep_samples: bool) -> Timed:
        """Time all functions in one fresh process."""
        self.jobs.progress("timing calls")
        pressure = Pressure()
        result = await meanwhile(
            self.jobs.run(
                AS_CALLED,
                self.argument(keep_samples=keep_samples).model_dump(),
                blobs=self.jobs.inputs,
                lane="measuring",
                shape=Shape(n_cores=self.ask.threads or 1, devices=self.ask.devices),
                x64=self.ask.x64,
                seed=self.ask.seed,
            ),
            MARK_EVERY_S,
            pressure.mark,
        )
        pressure.mark()
        report = TimerReport.model_validate(result.value)
        stalled, stolen = pressure.shares(report.measured_s)
        saved = samples_of(result)
        if saved:
            self.jobs.keep(replace(saved, name=samples_name(self.sizes)))
        blocks = saved.content if saved else b""
        return Timed(report, stalled, stolen, result.measured.wall_s, blocks)

    def argument(self, *, keep_samples: bool) -> AsCalledAsk:
        """What the process is asked, with a fresh secret."""
        by_name = {variant.name: variant for variant in self.ask.variants}
        names = [self.baseline, *(name for name in by_name if name != self.baseline)]
        timer = TimerAsk(
            variants=tuple(
                TimerVariant(name=name, blob="", in_paths=(), out_paths=()) for name in names
            ),
            draws=self.draws,
            sets=(),
            secret=secrets.token_hex(16),
            budget_s=self.ask.time_budget_s,
            deadline_s=max(0.0, (1 - MARGIN_SHARE) * self.jobs.left_s() - MARGIN_S),
            min_effect=self.ask.min_effect,
            alpha=self.alpha,
            rtol=self.ask.rtol,
            check_outputs=self.ask.check_outputs,
            n_cores=self.ask.threads or 1,
            keep_samples=keep_samples,
        )
        variants = tuple(
            TraceAsk(
                name=name,
                code=by_name[name].code,
                fn=by_name[name].fn,
                make_inputs=self.ask.make_inputs,
                draws=self.draws,
                sizes=dict(self.sizes),
                seed=self.ask.seed,
                backward=self.ask.backward,
            )
            for name in names
        )
        return AsCalledAsk(timer=timer, variants=variants)


UNDONE_RATIO = 0.8
FLOORS = 5.0


def left_undone(name: str, timed: Timed, programs: Timed) -> Refusal | None:
    """Refuse a function whose calls take less time than its own program."""
    called, program = timed.variant(name), programs.variant(name)
    if called is None or program is None or called.wall_us is None or program.wall_us is None:
        return None
    floor_us = programs.report.dispatch_floor_us or 0.0
    # By both clocks: a busy host moves one of them.
    ratios = [called.wall_us.median / program.wall_us.median]
    # Without CPU times some blocks took too little for that clock to move.
    if called.cpu_us and program.cpu_us:
        ratios.append(called.cpu_us.median / program.cpu_us.median)
    if max(ratios) >= UNDONE_RATIO or program.wall_us.median < FLOORS * floor_us:
        return None
    return Refusal(
        reason="result_cache_or_deferred_work",
        text=f"A call takes {called.wall_us.median:.3g} us, its own compiled program "
        f"{program.wall_us.median:.3g} us: results are kept between calls, or the work is done "
        "elsewhere.",
    )
