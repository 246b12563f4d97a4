"""Runs one job of a folder and ends: the child process of SubprocessJobs."""

import json
import os
import sys
from pathlib import Path


class FolderChannel:
    """A job's way out: files beside the job."""

    def __init__(self, folder: Path) -> None:
        """Read the blobs."""
        self.folder = folder
        self.blobs = {path.name: path.read_bytes() for path in (folder / "blobs").iterdir()}
        self.said: list[str] = []

    def progress(self, message: str) -> None:
        """Note what was said."""
        self.said.append(message)

    def save(self, name: str, mime_type: str, content: bytes) -> None:
        """Write a file."""
        del mime_type
        (self.folder / "saved" / name).write_bytes(content)


def main(folder: Path) -> None:
    """Read `job.json`, leave `result.json`."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if job["n_cores"]:
        # Before JAX starts its threads, as the sandbox does it.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: job["n_cores"]])
    from jax_workbench.tools.entry import answer  # noqa: PLC0415

    os.chdir(folder / "work")
    channel = FolderChannel(folder)
    result = {**answer(job["argument"], channel), "progress": channel.said}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    # As the sandbox ends a worker: without waiting for threads of the job.
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
