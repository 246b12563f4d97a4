"""What a process has: its live descendants and its open descriptors. For tests and benchmarks."""

import os
from pathlib import Path


def descendants(pid: int) -> dict[int, str]:
    """Every live process below `pid`, by name; zombies are gone already."""
    children: dict[int, list[tuple[int, str, str]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # ended since the folder was listed
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        state, parent = rest.split()[:2]
        children.setdefault(int(parent), []).append((int(folder.name), name, state))
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        for child, name, state in children.get(waiting.pop(), []):
            waiting.append(child)
            if state not in "ZX":
                found[child] = name
    return found


def zombies(pid: int) -> int:
    """Dead children of `pid` that it has not asked about."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        state, parent = text.rpartition(")")[2].split()[:2]
        found += state == "Z" and int(parent) == pid
    return found


def descriptors(pid: int | str = "self") -> int:
    """Open descriptors of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
