"""How much of a stretch of time JAX spent compiling. Runs in the worker."""

import time
from types import TracebackType
from typing import Self

import jax

COMPILING = ("jaxpr_trace_duration", "jaxpr_to_mlir_module_duration", "backend_compile_duration")


class CompileClock:
    """Measures wall seconds, and those spent in tracing, lowering and compiling."""

    def __init__(self) -> None:
        """Not running."""
        self.compile_s = 0.0
        self.wall_s = 0.0
        self._is_on = False
        self._began = 0.0

    def __enter__(self) -> Self:
        """Begin."""
        jax.monitoring.register_event_duration_secs_listener(self._hear)
        self._is_on = True
        self._began = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; the listener stays with JAX, but hears no more."""
        self._is_on = False
        self.wall_s = time.perf_counter() - self._began

    def _hear(self, event: str, duration_secs: float, **_: str | int) -> None:
        if self._is_on and event.endswith(COMPILING):
            self.compile_s += duration_secs
