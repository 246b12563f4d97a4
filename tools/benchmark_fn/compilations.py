"""Counts what is compiled while nothing should be. Runs in the timer."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import jax

EVENT = "/jax/core/compile/backend_compile_duration"


@dataclass
class Compilations:
    """Compilations of this process while it is entered; its events name no function."""

    n: int = 0
    is_counting: bool = False

    def __post_init__(self) -> None:
        """Listen for as long as the process lives: JAX offers no way back."""
        jax.monitoring.register_event_duration_secs_listener(self.hear)

    def hear(self, event: str, duration_secs: float, **_more: str | int) -> None:
        """Count one event."""
        del duration_secs
        self.n += self.is_counting and event == EVENT

    def __enter__(self) -> Self:
        """Count from here."""
        self.is_counting = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Count no more."""
        self.is_counting = False
