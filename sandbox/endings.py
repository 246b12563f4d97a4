"""Says how a job ended: a value, or which limit or fault. Pure. Runs in the host.

The process's status beats what it wrote: a valid result from a killed process is not a result.
"""

import re
import signal
from dataclasses import dataclass

from jax_workbench.sandbox.captured import Captured
from jax_workbench.sandbox.errors import FailureCode, JobFailed
from jax_workbench.sandbox.policy import Limits, Measured, Outcome
from jax_workbench.sandbox.results import Frames

_OUT_OF_MEMORY = re.compile(
    r"RESOURCE_EXHAUSTED|Out of memory|cannot allocate memory|std::bad_alloc|MemoryError"
)
_NO_THREAD = re.compile(r"pthread_create|can't start new thread|Resource temporarily unavailable")
_MEMORY_STEP = (
    "Use smaller arrays or a smaller batch; the operator can raise JAX_WORKBENCH_MEMORY_MIB."
)
_CPU_MARGIN = 0.9
"""The kernel and the init's report count CPU time in steps of their own."""
_DIED_STEP = "Make the code smaller until it survives; stderr, if any, is above."


@dataclass(frozen=True)
class Ending:
    """The facts about a job that is over."""

    limits: Limits
    cpu_limit_s: float
    exit_code: int | None
    """As waitstatus_to_exitcode gives it; None when the init could not report."""
    stopped_for: str
    """Which limit the host enforced: "wall", "memory", "disk", or empty."""
    fault: str
    """What was wrong with the frames, or what failed while starting."""
    frames: Frames
    stdout: Captured
    stderr: Captured
    too_much: str = ""
    """What the job's folder held when the host stopped it for "disk"."""


def concluded(ending: Ending, measured: Measured) -> Outcome:
    """The outcome of a job that gave a value.

    Raises:
        JobFailed: It gave none.
    """
    failure = _failure(ending, measured)
    stdout, stderr = ending.stdout.text(), ending.stderr.text()
    value = ending.frames.value
    if failure is not None or value is None:
        code, cause, step = failure or _refusal(ending)
        raise JobFailed(code, cause, step, measured=measured, stdout=stdout, stderr=stderr)
    return Outcome(
        value=value,
        saved=tuple(ending.frames.saved),
        stdout=stdout,
        stderr=stderr,
        stdout_truncated=ending.stdout.is_truncated,
        stderr_truncated=ending.stderr.is_truncated,
        measured=measured,
    )


def _failure(  # noqa: PLR0911 - one line a cause, in order of precedence
    ending: Ending, measured: Measured
) -> tuple[FailureCode, str, str] | None:
    limits = ending.limits
    if ending.fault:
        cause = f"The worker sent a malformed result: {ending.fault}."
        return "worker_died", cause, "Do not write to file descriptors of the worker."
    if ending.stopped_for == "memory":
        cause = f"The job used more than {limits.memory_mib} MiB and was killed."
        return "out_of_memory", cause, _MEMORY_STEP
    if ending.stopped_for == "disk":
        cause = f"The job's folder held {ending.too_much}, and it was killed."
        return "output_too_large", cause, "Write fewer and smaller files."
    if ending.stopped_for == "wall":
        cause = f"No result after {limits.wall_s:.3g} s of wall time."
        return "timed_out", cause, "Do less work, or raise timeout_s (at most 600)."
    # A job can send itself either signal, or ignore the first; only the CPU time itself tells.
    if ending.exit_code in (-signal.SIGXCPU, -signal.SIGKILL) and (
        measured.cpu_s > _CPU_MARGIN * ending.cpu_limit_s
    ):
        cause = f"The job used up its CPU time ({measured.cpu_s:.0f} CPU seconds)."
        return "timed_out", cause, "Do less work, or raise timeout_s (at most 600)."
    if ending.exit_code != 0:
        return _death(ending)
    if not ending.frames.is_complete:
        cause = "The worker ended with exit code 0 before it gave a result."
        return "worker_died", cause, "Do not call os._exit; let the code run to its end."
    return None


def _death(ending: Ending) -> tuple[FailureCode, str, str]:
    said = ending.stderr.text()
    last = said.strip().splitlines()[-1][:300] if said.strip() else ""
    tail = f" Its last line on stderr: {last}" if last else ""
    if ending.exit_code is None:
        return "worker_died", f"The worker vanished.{tail}", _DIED_STEP
    if _OUT_OF_MEMORY.search(said):
        cause = f"An allocation failed within {ending.limits.memory_mib} MiB.{tail}"
        return "out_of_memory", cause, _MEMORY_STEP
    if _NO_THREAD.search(said):
        return "worker_died", f"The worker could not start a thread.{tail}", _DIED_STEP
    if ending.exit_code < 0:
        name = _signal_name(-ending.exit_code)
        return "worker_died", f"The worker was ended by {name}.{tail}", _DIED_STEP
    cause = f"The worker ended with exit code {ending.exit_code}.{tail}"
    return "worker_died", cause, _DIED_STEP


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


def _refusal(ending: Ending) -> tuple[FailureCode, str, str]:
    """The worker's own word; only one code is its to say."""
    refusal = ending.frames.refusal or {}
    cause = refusal.get("cause", "the worker gave no reason")[:500]
    step = refusal.get("next_step", "Return less.")[:500]
    return "output_too_large", cause[:1].upper() + cause[1:], step
