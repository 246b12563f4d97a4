"""One job, and its answer in words. Runs in the server, so no JAX here."""

import json
import re
from collections.abc import Iterator

from pydantic import ValidationError

from jax_workbench.tools.common.cut_text import cut_middle
from jax_workbench.tools.contract import JobResult, Jobs, Next, Note, Saved, Shape
from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_jax_code import Cell, RunJaxCodeAnswer, RunJaxCodeAsk
from jax_workbench.tools.run_jax_code.messages import Ran

WORK = "jax_workbench.tools.run_jax_code.work:run"
SHOWN = 160
"""Characters of a value or a printed line that a summary shows."""
STREAM_BYTES = 7000
"""Of each output stream in an answer, so that it stays below what clients hand to their model."""
LEAST_STREAM_BYTES = 2000
ARTIFACT_BYTES = 330
"""That an artifact may take in an answer, which the streams then do not get."""
LONG_VALUE_BYTES = 20_000
MAX_NOTES = 6
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
    stdout, stderr = (
        shown_stream(jobs, result, name, text, is_cut=is_cut)
        for name, text, is_cut in (
            ("stdout", result.stdout, result.stdout_truncated),
            ("stderr", result.stderr, result.stderr_truncated),
        )
    )
    return RunJaxCodeAnswer(
        status="ok",
        summary=summary(ran, result),
        result=Cell(
            value=ran.value,
            value_repr=ran.value_repr,
            stdout=stdout,
            stderr=stderr,
            stdout_truncated=stdout != result.stdout or result.stdout_truncated,
            stderr_truncated=stderr != result.stderr or result.stderr_truncated,
        ),
        notes=(*notes_of_job(ran), *notes_of_host(ask, result, stdout, stderr)),
        next=tuple(next_calls(ask)),
    )


def shown_stream(jobs: Jobs, result: JobResult, name: str, text: str, *, is_cut: bool) -> str:
    """A stream as the answer shows it; where that is not all, what was kept is an artifact."""
    taken = ARTIFACT_BYTES * len(result.saved) // 2
    shown = cut_middle(text, max(STREAM_BYTES - taken, LEAST_STREAM_BYTES))
    if shown != text or is_cut:
        jobs.keep(Saved(artifact_of(name, result), text.encode(), "text/plain"))
    return shown


def artifact_of(stream: str, result: JobResult) -> str:
    """The name under which a stream is kept, unless the code saved a file of that name."""
    names = {saved.name for saved in result.saved}
    name = f"{stream}.txt"
    while name in names:
        name = f"printed_{name}"
    return name


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


def notes_of_job(ran: Ran) -> Iterator[Note]:
    """What the job says of its value, and that the value is long."""
    yield from (Note(**note.model_dump()) for note in ran.notes[:MAX_NOTES])
    if (n_more := len(ran.notes) - MAX_NOTES) > 0:
        text = f"{n_more} more notes like these were left out."
        yield Note(code="notes_left_out", severity="warning", text=text)
    n_bytes = len(json.dumps(ran.value, ensure_ascii=False, separators=(",", ":")))
    if n_bytes > LONG_VALUE_BYTES:
        yield Note(
            code="long_value",
            severity="info",
            text=f"The value is {n_bytes} bytes of JSON, more than some clients hand to their "
            "model; return a summary, or write it to outputs/.",
        )


def notes_of_host(ask: RunJaxCodeAsk, result: JobResult, out: str, err: str) -> Iterator[Note]:
    """Say what the job itself cannot know or must not decide; `out`, `err` are as shown."""
    for stream, is_truncated in (
        ("stdout", result.stdout_truncated or out != result.stdout),
        ("stderr", result.stderr_truncated or err != result.stderr),
    ):
        if is_truncated:
            yield Note(
                code=f"{stream}_truncated",
                severity="warning",
                text=f"The middle of {stream} was left out; the artifact "
                f"{artifact_of(stream, result)} has up to 64 KiB of it. Write long text to "
                "outputs/.",
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
