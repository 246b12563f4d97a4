"""The jobs of one benchmark_fn call, in order. Runs in the server; light.

Tracers, one a variant, run the user's code and end. Only then is the secret seed made, so that
nothing of theirs can know the inputs of the timer, which never runs user Python.
"""

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk
from jax_workbench.tools.benchmark_fn.answer import put_together
from jax_workbench.tools.benchmark_fn.ask_rules import baseline_of, refuse_what_is_not_there
from jax_workbench.tools.benchmark_fn.evidence import Evidence
from jax_workbench.tools.benchmark_fn.input_rules import draws_of
from jax_workbench.tools.benchmark_fn.timing import Timing
from jax_workbench.tools.benchmark_fn.tracing import Tracing
from jax_workbench.tools.contract import Jobs


async def plan(ask: BenchmarkFnAsk, jobs: Jobs) -> BenchmarkFnAnswer:
    """Answer one call.

    Raises:
        ToolError: The call is malformed, or the baseline (or only variant) can't be timed.
    """
    refuse_what_is_not_there(ask)
    baseline = baseline_of(ask).name
    tracing = Tracing(ask, jobs, baseline, draws_of(ask.inputs, x64=ask.x64))
    await tracing.trace_all()
    await tracing.make_input_sets()
    timing = Timing(ask, jobs, baseline, tracing)
    timed = await timing.time_all()
    second = await timing.second_opinion(timed)
    return put_together(
        Evidence(ask, baseline, tracing.claims(), tracing.rejections.refused, timed, second)
    )
