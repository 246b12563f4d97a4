"""Why a job gave no value.

SandboxError
├── JobFailed           the job ended without a value: `code` says how
└── SandboxUnavailable  no job can run on this host: `next_step` is the remedy
"""

from typing import Literal

from jax_workbench.sandbox.policy import Measured

type FailureCode = Literal[
    "timed_out",
    "out_of_memory",
    "output_too_large",
    "worker_died",
    "device_busy",
    "sandbox_unavailable",
    "internal",
]


class SandboxError(Exception):
    """No value. `cause` says what was found, `next_step` what to do."""

    def __init__(self, code: FailureCode, cause: str, next_step: str) -> None:
        """Keep `code` stable: callers branch on it."""
        super().__init__(f"{code}: {cause} {next_step}")
        self.code: FailureCode = code
        self.cause = cause
        self.next_step = next_step


class JobFailed(SandboxError):
    """The job ended without a value; carries what it printed and what the host measured."""

    def __init__(  # noqa: PLR0913, D107 - a plain record
        self,
        code: FailureCode,
        cause: str,
        next_step: str,
        *,
        measured: Measured | None = None,
        stdout: str = "",
        stderr: str = "",
    ) -> None:
        super().__init__(code, cause, next_step)
        self.measured = measured
        self.stdout = stdout
        self.stderr = stderr


class SandboxUnavailable(SandboxError):
    """The isolation that was asked for is not to be had on this host."""

    def __init__(self, cause: str, next_step: str) -> None:
        """`next_step` names the command that mends it."""
        super().__init__("sandbox_unavailable", cause, next_step)
