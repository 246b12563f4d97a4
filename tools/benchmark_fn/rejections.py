"""Which candidates are out before they were timed, and why. Runs in the server."""

from dataclasses import dataclass, field

from jax_workbench.tools.benchmark_fn.messages import Refusal
from jax_workbench.tools.errors import ErrorCode, ToolError

OF_ONE_VARIANT: frozenset[ErrorCode] = frozenset(
    (
        *("user_code_failed", "unsupported", "timed_out"),
        *("out_of_memory", "output_too_large", "worker_died"),
    )
)
"""Failures of a job that say something of the variant it ran."""


@dataclass
class Rejections:
    """Candidates that are out, by name. Without the baseline there is no answer."""

    baseline: str
    is_alone: bool
    """The baseline is the only variant, so its name says nothing."""
    refused: dict[str, Refusal] = field(default_factory=dict[str, Refusal])

    def take(self, name: str, error: ToolError) -> None:
        """Reject a candidate whose job failed.

        Raises:
            ToolError: It is the baseline, or the failure is nobody's own.
        """
        if error.code not in OF_ONE_VARIANT or (name == self.baseline and self.is_alone):
            raise error
        if name == self.baseline:
            raise ToolError(error.code, f"Baseline {name}: {error.cause}", error.next_step)
        reason = "not_exportable" if error.code == "unsupported" else error.code
        self.refused[name] = Refusal(reason=reason, text=f"{error.cause} {error.next_step}")
