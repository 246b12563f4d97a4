"""What bounds a worker before it has a job, whose own limits come with it. Runs in the host."""

from collections.abc import Mapping

from jax_workbench.sandbox import proc
from jax_workbench.sandbox.policy import MIB, Tier, available_cores


def n_threads(tier: Tier, uid: int) -> int:
    """How many threads `uid` may have when a job of it starts one more.

    The kernel counts them by user and user namespace: those of one job, of all workers in the jail,
    or of all that the user runs.
    """
    of_a_job = 64 + 8 * available_cores()
    if tier == "full":
        return of_a_job
    if tier == "shared":
        return of_a_job * (1 + available_cores())
    return proc.threads_of(uid) + of_a_job


def base_rlimits() -> Mapping[str, int]:
    """What holds from a worker's first moment; the job's own bounds come with the job."""
    return {
        "NOFILE": 256,
        "FSIZE": 128 * MIB,
        "CORE": 0,
        "MEMLOCK": 8 * MIB,
        "MSGQUEUE": 0,
        # Counted per user, timers among them: a job could use up the share of its owner.
        "SIGPENDING": 256,
    }
