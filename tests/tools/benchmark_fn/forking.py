"""Forks one process a job from a process that has JAX imported: the far side of ForkedJobs.

Reads a folder a line; each holds a job, and gets its result and, last, its exit code.
"""

import json
import os
import sys
from pathlib import Path

from jax_workbench.tools import entry


class FolderChannel:
    """A job's way out: files beside the job."""

    def __init__(self, folder: Path) -> None:
        """Read the blobs."""
        self.folder = folder
        self.kept_folder = ""
        self.blobs = {path.name: path.read_bytes() for path in (folder / "blobs").iterdir()}

    def progress(self, message: str) -> None:
        """Nobody listens."""

    def draft(self, name: str, mime_type: str, content: bytes) -> None:
        """Keep nothing: it is not ended early."""

    def save(self, name: str, mime_type: str, content: bytes) -> None:
        """Write a file."""
        del mime_type
        (self.folder / "saved" / name).write_bytes(content)


def run_job(folder: Path) -> None:
    """Read `job.json`, leave `result.json`, and end without waiting for threads of the job."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if job["n_cores"]:
        # Before JAX starts its threads, as the sandbox does it.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["n_cores"]])
    os.chdir(folder / "work")
    result = entry.answer(job["argument"], FolderChannel(folder))
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)


def watch_job(folder: Path) -> None:
    """Run a job in a child, and say how it ended."""
    child = os.fork()
    if child == 0:
        run_job(folder)
    (folder / "pid").write_text(str(child), encoding="ascii")
    _, status = os.waitpid(child, 0)
    (folder / "ending").write_text(str(os.waitstatus_to_exitcode(status)), encoding="ascii")
    os._exit(0)


def main() -> None:
    """Fork for each line until the input ends; the watchers reap themselves with this process."""
    for line in sys.stdin:
        if os.fork() == 0:
            watch_job(Path(line.strip()))


if __name__ == "__main__":
    main()
