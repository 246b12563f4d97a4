"""Jobs for a plan without a sandbox: each in a forked process, for the code of these tests only."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from jax_workbench.tools.contract import JobResult, Lane, Measured, Saved, Shape
from jax_workbench.tools.errors import ToolError

ENVIRONMENT = {
    **os.environ,
    "JAX_PLATFORMS": "cpu",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
POLL_S = 0.02

type Forker = subprocess.Popen[str]


@dataclass
class SubprocessJobs:
    """`tools.contract.Jobs` on plain processes: no isolation, no limit but the time."""

    forker: Forker
    timeout_s: float = 120.0
    inputs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    said: list[str] = field(default_factory=list[str])
    kept: list[Saved] = field(default_factory=list[Saved])
    ran: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[Any])
    """Function and argument of every job, in the order of their starts."""
    ended: list[str] = field(default_factory=list[str])
    started_s: float = field(default_factory=time.monotonic)

    async def run(  # noqa: PLR0913 - the contract's signature
        self,
        work: str,
        argument: Mapping[str, Any],
        *,
        blobs: Mapping[str, bytes] | None = None,
        lane: Lane = "shared",
        shape: Shape | None = None,
        x64: bool = False,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Run one job in a process of its own."""
        del lane
        self.ran.append((work, argument))
        job = {
            "argument": {"function": work, "argument": argument, "x64": x64, "seed": seed},
            "n_cores": (shape or Shape()).n_cores,
        }
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_job(folder, job, blobs or {})
            started = time.monotonic()
            await self.finished(folder, min(self.left_s(), timeout_s or self.left_s()))
            self.ended.append(work)
            return read_result(folder, time.monotonic() - started)

    async def finished(self, folder: Path, limit_s: float) -> None:
        """Run a job to its end."""
        assert self.forker.stdin
        self.forker.stdin.write(f"{folder}\n")
        self.forker.stdin.flush()
        ending = folder / "ending"
        with anyio.move_on_after(limit_s) as scope:
            while not ending.exists():  # noqa: ASYNC110 - another process sets it
                await anyio.sleep(POLL_S)
        if scope.cancelled_caught:
            os.kill(int((folder / "pid").read_text(encoding="ascii")), signal.SIGKILL)
            raise ToolError("timed_out", f"It ran over {limit_s:.0f} s.", "-")
        if not (folder / "result.json").exists():
            code = ending.read_text(encoding="ascii")
            raise ToolError("worker_died", f"It ended with {code} and no value.", "-")

    def left_s(self) -> float:
        """Seconds left of the call."""
        return self.timeout_s - (time.monotonic() - self.started_s)

    def progress(self, message: str) -> None:
        """Note what was said."""
        self.said.append(message)

    def keep(self, saved: Saved) -> str:
        """Note what was kept."""
        self.kept.append(saved)
        return f"workbench://runs/test/{saved.name}"


def write_job(folder: Path, job: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
    for part in ("blobs", "saved", "work"):
        (folder / part).mkdir()
    for name, content in blobs.items():
        (folder / "blobs" / name).write_bytes(content)
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def read_result(folder: Path, wall_s: float) -> JobResult:
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if error := result.get("error"):
        raise ToolError(error["code"], error["cause"], error["next_step"])
    saved = [Saved(p.name, p.read_bytes(), "") for p in sorted((folder / "saved").iterdir())]
    measured = Measured(wall_s, 0.0, 0.0, 0.0, "cpu", "cpu")
    return JobResult(result["value"], tuple(saved), "", "", False, False, measured)


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    command = [sys.executable, str(Path(__file__).with_name("forking.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=ENVIRONMENT, text=True) as process:  # noqa: S603
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def make_jobs(forker: Forker) -> Callable[..., SubprocessJobs]:
    """Make the jobs of one call; `timeout_s` and `inputs` as for `SubprocessJobs`."""

    def make(**options: Any) -> SubprocessJobs:
        return SubprocessJobs(forker, **options)

    return make
