"""Has a finished result drawn, as the call's picture. Runs in the server."""

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk, BenchmarkFnResult
from jax_workbench.tools.benchmark_fn.messages import PICTURE, SAMPLES, PlotAsk
from jax_workbench.tools.benchmark_fn.notes import info
from jax_workbench.tools.contract import Jobs
from jax_workbench.tools.errors import ToolError

PLOT = "jax_workbench.tools.benchmark_fn.plot:run"
DRAWING_NEEDS_S = 3.0


async def with_picture(
    ask: BenchmarkFnAsk, answer: BenchmarkFnAnswer, samples: bytes, jobs: Jobs
) -> BenchmarkFnAnswer:
    """Keep the picture of an answer as an artifact; add a note where there is none.

    `samples` are the timed blocks, empty for a sweep.
    """
    if answer.result is None or not any(v.wall_us for v in answer.result.variants):
        return answer
    why_not = await keep_picture(ask, answer.result, samples, jobs)
    if not why_not:
        return answer
    note = info("picture_missing", f"There is no picture: {why_not}")
    return answer.model_copy(update={"notes": (*answer.notes, note)})


async def keep_picture(
    ask: BenchmarkFnAsk, result: BenchmarkFnResult, samples: bytes, jobs: Jobs
) -> str:
    """Keep the picture of a result; returns why there is none, or nothing."""
    if jobs.left_s() < DRAWING_NEEDS_S:
        return "the call's time was used up."
    jobs.progress("drawing")
    argument = PlotAsk(
        result=result, parameter=next(iter(ask.sweep), ""), min_effect=ask.min_effect
    )
    blobs = {SAMPLES: samples} if samples else {}
    try:
        drawn = await jobs.run(PLOT, argument.model_dump(mode="json"), blobs=blobs)
    except ToolError as error:
        return error.cause
    for saved in drawn.saved:
        if saved.name == PICTURE:
            jobs.keep(saved)
    return ""
