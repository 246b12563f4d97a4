"""How a tool says that there is no answer. Light: the server imports this."""

from typing import Literal, get_args

type ErrorCode = Literal[
    "bad_argument",
    "user_code_failed",
    "unsupported",
    "timed_out",
    "out_of_memory",
    "output_too_large",
    "worker_died",
    "cancelled",
    "device_busy",
    "sandbox_unavailable",
    "internal",
]

ERROR_CODES: tuple[str, ...] = get_args(ErrorCode.__value__)

WORKER_CODES: frozenset[ErrorCode] = frozenset(
    ("bad_argument", "user_code_failed", "unsupported", "out_of_memory", "output_too_large")
)
"""The codes a job may report of itself; the others are the host's to say."""


class ToolError(Exception):
    """There is no answer. Says what was found and expected (`cause`), then what to do."""

    def __init__(self, code: ErrorCode, cause: str, next_step: str) -> None:
        """Keep `code` stable: callers branch on it; people read `cause` and `next_step`."""
        super().__init__(f"{code}: {cause} {next_step}")
        self.code: ErrorCode = code
        self.cause = cause
        self.next_step = next_step
