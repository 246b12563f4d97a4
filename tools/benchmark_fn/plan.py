"""The jobs of one benchmark_fn call, in order. Runs in the server; light.

Tracers, one a variant, run the user's code and end. Only then is the secret seed made, so that
nothing of theirs can know the inputs of the timer, which never runs user Python. A sweep does this
once for each size.
"""

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.answer import put_together
from jax_workbench.tools.benchmark_fn.as_called_timing import AsCalledTiming
from jax_workbench.tools.benchmark_fn.ask_rules import baseline_of, check_variants
from jax_workbench.tools.benchmark_fn.evidence import Evidence
from jax_workbench.tools.benchmark_fn.input_rules import draws_of
from jax_workbench.tools.benchmark_fn.limited_jobs import LimitedJobs
from jax_workbench.tools.benchmark_fn.messages import ALPHA
from jax_workbench.tools.benchmark_fn.picture import with_picture
from jax_workbench.tools.benchmark_fn.rejections import OF_ONE_VARIANT
from jax_workbench.tools.benchmark_fn.reproduce import script_of
from jax_workbench.tools.benchmark_fn.sizes import Sizes, at_sizes, sizes_of
from jax_workbench.tools.benchmark_fn.stored_program import (
    Stored,
    programs_to_keep,
    stored_baseline,
)
from jax_workbench.tools.benchmark_fn.sweep_answer import put_sizes_together
from jax_workbench.tools.benchmark_fn.timing import Timing
from jax_workbench.tools.benchmark_fn.tracing import Tracing
from jax_workbench.tools.contract import Jobs
from jax_workbench.tools.errors import ToolError


async def plan(ask: BenchmarkFnAsk, jobs: Jobs) -> BenchmarkFnAnswer:
    """Answer one call.

    Raises:
        ToolError: The call is malformed, or the baseline (or only variant) can't be timed.
    """
    check_variants(ask)
    stored = stored_baseline(ask, jobs.inputs)
    baseline = stored.name if stored else baseline_of(ask).name
    sizes = sizes_of(ask)
    for one in sizes:  # all of them before any job
        draws_of(at_sizes(ask.inputs, one), x64=ask.x64)
    if not ask.sweep:
        evidence = await evidence_at({}, ask, jobs, baseline, ALPHA, stored)
        answer, samples = put_together(evidence), evidence.timed.samples
    else:
        evidences, failure = await evidence_at_all(sizes, ask, jobs, baseline)
        answer = put_sizes_together(evidences, next(iter(ask.sweep)), failure)
        samples = b""
    jobs.keep(script_of(ask, baseline, sizes[-1]))
    return await with_picture(ask, answer, samples, jobs)


async def evidence_at_all(
    sizes: list[dict[str, int]], ask: BenchmarkFnAsk, jobs: Jobs, baseline: str
) -> tuple[list[Evidence], ToolError | None]:
    """What was measured at each size, and why it ended before the last one.

    Raises:
        ToolError: The first size can't be timed, or a failure is nobody's own.
    """
    evidences: list[Evidence] = []
    part = ask.model_copy(update={"time_budget_s": ask.time_budget_s / len(sizes)})
    for i, one in enumerate(sizes):
        share = LimitedJobs(jobs, jobs.left_s() / (len(sizes) - i))
        try:
            evidences.append(await evidence_at(one, part, share, baseline, ALPHA / len(sizes)))
        except ToolError as error:
            if not evidences or error.code not in OF_ONE_VARIANT:
                raise
            return evidences, error
    return evidences, None


async def evidence_at(  # noqa: PLR0913, PLR0917 - each is one fact of the call
    sizes: Sizes,
    ask: BenchmarkFnAsk,
    jobs: Jobs,
    baseline: str,
    alpha: float,
    stored: Stored | None = None,
) -> Evidence:
    """Trace, draw and time at one size; `alpha` is the error that its comparisons may make."""
    draws = draws_of(at_sizes(ask.inputs, sizes), x64=ask.x64)
    if ask.mode == "as_called":
        return await AsCalledTiming(ask, jobs, baseline, draws, sizes, alpha).evidence()
    tracing = Tracing(ask, jobs, baseline, draws, sizes)
    await tracing.trace_all()
    await tracing.make_input_sets()
    if stored:
        tracing.programs[stored.name] = stored.as_program()
    timing = Timing(ask, jobs, baseline, tracing, alpha, stored and stored.header.machine)
    timed = await timing.time_all()
    second = await timing.second_opinion(timed)
    refused = tracing.rejections.refused
    if not sizes:
        for program in programs_to_keep(ask, tracing, timed.report):
            jobs.keep(program)
    return Evidence(
        ask,
        baseline,
        tracing.claims(),
        refused,
        timed,
        second,
        sizes,
        stored=stored and stored.header,
    )
