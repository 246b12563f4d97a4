"""How busy the host was during a stretch of time. Runs in the server: the jail may not see it.

Differences of running totals are exact for the stretch; the averages in the same files lag by 10 s.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MAX_MARKS = 4000
STEAL_COLUMN = 8
"""Of the first line of /proc/stat: Linux, Documentation/filesystems/proc.rst, section 1.7."""


@dataclass(frozen=True)
class Totals:
    """Running totals at one moment; None where the kernel does not say."""

    at_s: float
    stalled_us: int | None
    """Microseconds in which something waited for a CPU."""
    steal_ticks: int | None
    all_ticks: int | None


def read_totals() -> Totals:
    """Totals as of now."""
    steal, ticks = cpu_ticks()
    return Totals(time.monotonic(), stalled_us(), steal, ticks)


def stalled_us() -> int | None:
    """Total of the `some` line of /proc/pressure/cpu; None without pressure accounting."""
    try:
        some = Path("/proc/pressure/cpu").read_text(encoding="ascii").splitlines()[0]
    except (OSError, IndexError):
        return None
    fields = dict(part.split("=") for part in some.split()[1:])
    return int(fields["total"])


def cpu_ticks() -> tuple[int | None, int | None]:
    """Ticks that a hypervisor took from all CPUs, and all ticks."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    except (OSError, IndexError):
        return None, None
    # Guest time is inside user time already.
    ticks = [int(field) for field in line[1 : STEAL_COLUMN + 1]]
    return (ticks[-1], sum(ticks)) if len(line) > STEAL_COLUMN else (None, sum(ticks))


@dataclass
class Pressure:
    """Marks of the totals, from which the share of any past stretch can be told."""

    read: Callable[[], Totals] = read_totals
    marks: list[Totals] = field(default_factory=list[Totals])

    def mark(self) -> None:
        """Note the totals; the oldest go where there are very many."""
        self.marks.append(self.read())
        del self.marks[:-MAX_MARKS]

    def shares(self, last_s: float) -> tuple[float | None, float | None]:
        """Stalled and stolen share of about the last `last_s` seconds before the last mark."""
        if not self.marks:
            return None, None
        end = self.marks[-1]
        earlier = [mark for mark in self.marks if mark.at_s <= end.at_s - last_s]
        start = earlier[-1] if earlier else self.marks[0]
        elapsed = end.at_s - start.at_s
        if elapsed <= 0:
            return None, None
        stalled = steal = None
        if start.stalled_us is not None and end.stalled_us is not None:
            stalled = min(1.0, (end.stalled_us - start.stalled_us) / 1e6 / elapsed)
        if None not in (start.steal_ticks, end.steal_ticks):
            ticks = (end.all_ticks or 0) - (start.all_ticks or 0)
            steal = ((end.steal_ticks or 0) - (start.steal_ticks or 0)) / ticks if ticks else 0.0
        return stalled, steal
