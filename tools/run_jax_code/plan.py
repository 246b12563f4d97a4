"""One job, and its answer in words. Runs in the server, so no JAX here."""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from jax_workbench.tools.contract import JobResult, Jobs, Next, Note, Shape
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_jax_code import Cell, RunJaxCodeAnswer, RunJaxCodeAsk
from jax_workbench.tools.run_jax_code.messages import Ran

WORK = "jax_workbench.tools.run_jax_code.work:run"
SHOWN = 160
"""Characters of a value or a printed line that a summary shows."""
READS_A_CLOCK = re.compile(r"\b(perf_counter(_ns)?|process_time(_ns)?|timeit|time\.time)\b")


async def plan(ask: RunJaxCodeAsk, jobs: Jobs) -> RunJaxCodeAnswer:
    """Run the code in a worker of its own and say what came of it."""
    result = await jobs.run(
        WORK,
        {"code": ask.code},
        blobs=jobs.inputs,
        shape=Shape(devices=ask.devices),
        x64=ask.x64,
        seed=ask.seed,
    )
    ran = checked(result)
    for saved in result.saved:
        jobs.keep(saved)
    return RunJaxCodeAnswer(
        status="ok",
        summary=summary(ran, result),
        result=Cell(
            value=ran.value,
            value_repr=ran.value_repr,
            stdout=result.stdout,
            stderr=result.stderr,
            stdout_truncated=result.stdout_truncated,
            stderr_truncated=result.stderr_truncated,
        ),
        notes=(*ran.notes, *notes_of_host(ask, result)),
        next=tuple(next_calls(ask)),
    )


def checked(result: JobResult) -> Ran:
    """Read what the job says.

    Raises:
        ToolError: `worker_died`, as what it says is not what this tool's own code would say.
    """
    try:
        return Ran.model_validate(result.value)
    except ValidationError:
        raise ToolError(
            "worker_died",
            "The job answered in a form that is not run_jax_code's: the code interfered with it.",
            "Leave the worker's own modules alone.",
        ) from None


def summary(ran: Ran, result: JobResult) -> str:
    """Say in one sentence what came of it, and how long it took."""
    lines = result.stdout.strip().splitlines()
    if ran.value_repr and ran.value_repr != "None":
        found = f"Value {one_line(ran.value_repr)}"
    elif lines:
        many = f"{len(lines)} lines, the last" if len(lines) > 1 else "a line"
        found = f"No value; printed {many}: {one_line(lines[-1])}"
    else:
        found = "No value, nothing printed"
    n_saved = len(result.saved)
    files = f"; {n_saved} artifact{'s' if n_saved > 1 else ''}" if n_saved else ""
    return f"{found}{files} ({result.measured.wall_s:.3g} s wall)."


def one_line(text: str) -> str:
    """Collapse all white space and cut the end."""
    collapsed = " ".join(text.split())
    return collapsed if len(collapsed) <= SHOWN else f"{collapsed[:SHOWN]}..."


def notes_of_host(ask: RunJaxCodeAsk, result: JobResult) -> Iterator[Note]:
    """Say what the job itself cannot know or must not decide."""
    for stream, is_truncated in (
        ("stdout", result.stdout_truncated),
        ("stderr", result.stderr_truncated),
    ):
        if is_truncated:
            yield Note(
                code=f"{stream}_truncated",
                severity="warning",
                text=f"The middle of {stream} was left out; write long text to outputs/.",
            )
    if ask.devices > 1:
        yield Note(
            code="simulated_devices",
            severity="info",
            text=f"The {ask.devices} devices are simulated on one CPU: placement and results are"
            " real, speed is not.",
        )


def next_calls(ask: RunJaxCodeAsk) -> Iterator[Next]:
    """Suggest the tool that measures, to code that reads a clock."""
    if READS_A_CLOCK.search(ask.code):
        why = (
            "It times with warm-up, synchronisation and uncertainty; a clock in a snippet misleads."
        )
        yield Next(tool="benchmark_fn", why=why)
