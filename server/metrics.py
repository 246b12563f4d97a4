"""Counts what the server did and shows it in Prometheus' text format. Server only.

Source: Prometheus documentation, "Exposition formats", text format 0.0.4.
"""

import os
import resource
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jax_workbench.sandbox.policy import PoolStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "jax_workbench_"
BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 600.0)
"""Upper bounds of the histograms' buckets; a call may take 600 s, and more with its queue."""
_PAGE_BYTES = resource.getpagesize()


@dataclass
class Histogram:
    """How many values were at most each bound, their sum and their number."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one value."""
        place = sum(bound < seconds for bound in BOUNDS_S)
        self.counts[place] += 1
        self.total_s += seconds

    def lines(self, name: str, tool: str) -> Iterator[str]:
        """As Prometheus wants it: buckets that include the smaller ones."""
        n_so_far = 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self.counts, strict=True):
            n_so_far += count
            yield f'{name}_bucket{{tool="{tool}",le="{bound}"}} {n_so_far}'
        yield f'{name}_sum{{tool="{tool}"}} {self.total_s:.6f}'
        yield f'{name}_count{{tool="{tool}"}} {n_so_far}'


class Metrics:
    """Counters since the server's start."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._answers: Counter[tuple[str, str]] = Counter()
        self._jobs: Counter[tuple[str, str]] = Counter()
        self._durations: dict[str, Histogram] = {}
        self._queues: dict[str, Histogram] = {}

    def count_answer(self, tool: str, outcome: str) -> None:
        """One answer to a client: a status, or an error's code."""
        self._answers[tool, outcome] += 1

    def count_job(self, tool: str, outcome: str, elapsed_s: float, queue_s: float | None) -> None:
        """One call that is over; `queue_s` is not known of one that failed."""
        self._jobs[tool, outcome] += 1
        self._durations.setdefault(tool, Histogram()).add(elapsed_s)
        if queue_s is not None:
            self._queues.setdefault(tool, Histogram()).add(queue_s)

    def text(self, status: PoolStatus, n_unfinished: int) -> str:
        """Everything, with how the pool stands now."""
        lines = [
            *_counter("answers_total", "Answers, by status or error code.", self._answers),
            *_counter("jobs_total", "Calls that ran, by how they ended.", self._jobs),
            *_histogram(
                "job_duration_seconds",
                "From a call to its end.",
                self._durations,
            ),
            *_histogram("job_queue_seconds", "Of it, waiting for the device.", self._queues),
            *_gauge("calls_unfinished", "Calls queued or running.", n_unfinished),
            *_gauge("jobs_running", "Jobs that hold a lane of the device.", status.n_running),
            *_gauge("jobs_queued", "Jobs that wait for one.", status.n_queued),
            *_gauge("workers_ready", "Workers that wait for a job.", status.n_ready),
            *_gauge("cores", "Cores that jobs may use.", status.n_cores),
            f"# HELP {PREFIX}sandbox_up Jobs can run, in this tier.",
            f"# TYPE {PREFIX}sandbox_up gauge",
            f'{PREFIX}sandbox_up{{tier="{status.tier}"}} {int(not status.problem)}',
            *_process(),
        ]
        return "\n".join(lines) + "\n"


def _counter(name: str, about: str, counts: Mapping[tuple[str, str], int]) -> Iterator[str]:
    yield f"# HELP {PREFIX}{name} {about}"
    yield f"# TYPE {PREFIX}{name} counter"
    for (tool, outcome), count in sorted(counts.items()):
        yield f'{PREFIX}{name}{{tool="{tool}",outcome="{outcome}"}} {count}'


def _histogram(name: str, about: str, by_tool: Mapping[str, Histogram]) -> Iterator[str]:
    yield f"# HELP {PREFIX}{name} {about}"
    yield f"# TYPE {PREFIX}{name} histogram"
    for tool, histogram in sorted(by_tool.items()):
        yield from histogram.lines(f"{PREFIX}{name}", tool)


def _gauge(name: str, about: str, number: float) -> Iterator[str]:
    yield f"# HELP {PREFIX}{name} {about}"
    yield f"# TYPE {PREFIX}{name} gauge"
    yield f"{PREFIX}{name} {number}"


def _process() -> Iterator[str]:
    """The server's own process, under the names that dashboards know."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    for name, kind, about, number in (
        (
            "cpu_seconds_total",
            "counter",
            "CPU time of the server itself.",
            usage.ru_utime + usage.ru_stime,
        ),
        ("resident_memory_bytes", "gauge", "Its resident memory.", resident),
        ("open_fds", "gauge", "Its open descriptors.", len(os.listdir("/proc/self/fd"))),  # noqa: PTH208
        ("threads", "gauge", "Its Python threads.", threading.active_count()),
    ):
        yield f"# HELP process_{name} {about}"
        yield f"# TYPE process_{name} {kind}"
        yield f"process_{name} {number}"
