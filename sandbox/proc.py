"""Reads what the kernel says of a job's process. Runs in the host.

Never smaps: it costs twelve times as much a read as status, and the watchdog reads often.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12  # fields of /proc/PID/stat after the name


@dataclass(frozen=True)
class Memory:
    """Of one process, in MiB."""

    resident: float
    """What only its end gives back: file pages can be dropped and don't count."""
    mapped: float
    """Private writable mappings: what RLIMIT_DATA bounds."""


# Page tables, too: reading a page here and a page there makes gigabytes of them, and nothing else.
_HELD = ("RssAnon", "RssShmem", "VmPTE", "VmSwap", "HugetlbPages")


def memory(pid: int) -> Memory | None:
    """None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    if "RssAnon" not in fields:  # a zombie has no memory left
        return None

    def mib(name: str) -> float:
        return int(fields.get(name, "0").split()[0]) / _KIB_PER_MIB

    return Memory(resident=sum(map(mib, _HELD)), mapped=mib("VmData"))


def cpu_s(pid: int) -> float:
    """User and system seconds of all its threads; 0 when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_S


def threads_of(uid: int) -> int:
    """All threads of a user's processes, as far as they can be seen."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == uid:
                found += len(os.listdir(folder / "task"))  # noqa: PTH208
        except OSError:  # ended since the folder was listed
            continue
    return found


def pid_of(pidfd: int) -> int:
    """The process behind a pidfd, as this process numbers it; -1 when it is gone."""
    text = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(fields["Pid"])
