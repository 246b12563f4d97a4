"""Files that the code left in outputs/. Runs in the worker."""

import mimetypes
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from jax_workbench.tools.contract import Job, Note

MAX_FILES = 32
MAX_TOTAL_MIB = 128
NAME_LIMIT = 80
N_NAMED = 5
"""Dropped files that a note names."""


def save_outputs(job: Job, folder: Path) -> list[Note]:
    """Save the regular files below `folder`, sorted by path; says which were not saved.

    Links are not followed. A file in a subfolder has the folder's name in front of its own.
    """
    names: set[str] = set()
    dropped: list[str] = []
    left_bytes = MAX_TOTAL_MIB * 2**20
    for path in files_below(folder):
        content = read(path, left_bytes) if len(names) < MAX_FILES else None
        name = plain_name(path.relative_to(folder), names)
        if content is None:
            dropped.append(name)
            continue
        names.add(name)
        left_bytes -= len(content)
        job.save(name, content, mimetypes.guess_type(name)[0] or "application/octet-stream")
    return [note_of(dropped)] if dropped else []


def files_below(folder: Path) -> list[Path]:
    """Everything below `folder` that is no folder, sorted; nothing if it is a link or closed."""
    try:
        if folder.is_symlink():
            return []
    except PermissionError:  # the code closed the folder that it is in
        return []
    return sorted(Path(top) / name for top, _, names in os.walk(folder) for name in names)


def read(path: Path, limit_bytes: int) -> bytes | None:
    """Read a regular file; None if it is anything else, unreadable or larger than the limit."""
    try:
        # Opening a pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        content = file.read(limit_bytes + 1)
    return content if len(content) <= limit_bytes else None


def plain_name(path: Path, taken: Iterable[str]) -> str:
    """Make a plain file name of a path, one that is not yet taken."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", str(path)).lstrip(".")[-NAME_LIMIT:] or "file"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{number}_{plain}"
    return name


def note_of(dropped: list[str]) -> Note:
    """Say which files are missing, and why that may be."""
    more = f" and {len(dropped) - N_NAMED} more" if len(dropped) > N_NAMED else ""
    text = (
        f"Not saved from outputs/: {', '.join(dropped[:N_NAMED])}{more}. "
        f"Only regular files are, at most {MAX_FILES} of them and {MAX_TOTAL_MIB} MiB together."
    )
    return Note(code="artifacts_dropped", severity="warning", text=text)
