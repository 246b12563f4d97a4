"""What a job may use, as frozen values. Pure: no I/O. The host decides, the worker obeys."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

MIB = 2**20

type Lane = Literal["shared", "measuring"]
type Tier = Literal["full", "shared", "landlock", "none"]


@dataclass(frozen=True)
class Shape:
    """What must be decided before a worker's backend starts."""

    n_cores: int = 0
    """Pinned to that many cores; 0 means all."""
    devices: int = 1
    """Simulated host devices."""


@dataclass(frozen=True)
class Limits:
    """The bounds of one job. Each has a named outcome (see docs/security.md)."""

    wall_s: float = 60.0
    memory_mib: int = 2048
    """Above the worker's own baseline."""
    cpu_s: float | None = None
    """None: 1.2 x wall x cores, plus a second."""
    stdout_kib: int = 64
    """Kept of each stream; the rest is drained and counted."""
    result_mib: int = 1
    saved_mib: int = 256
    """All saved blobs of a job together."""
    n_saved: int = 64
    kept_mib: int = 32
    """What a session's jobs may leave for its later ones, all together."""

    def cpu_limit_s(self, n_cores: int) -> float:
        """CPU seconds before SIGXCPU."""
        return self.cpu_s if self.cpu_s is not None else 1.2 * self.wall_s * n_cores + 1.0


@dataclass(frozen=True)
class JobSpec:
    """One job: a function by name, a JSON argument, bytes beside it, and its bounds."""

    function: str
    """`module:function`, imported by the worker only; called as `function(argument, channel)`."""
    argument: Mapping[str, Any]
    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    lane: Lane = "shared"
    client: str = ""
    """Who asked: jobs of many clients take turns."""
    session: str | None = None
    """Whose compiled programs it starts with and adds to; None: it starts with none."""
    shape: Shape = field(default_factory=Shape)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Measured:
    """What the host saw of one job; never what the job says of itself."""

    wall_s: float
    queue_s: float
    cpu_s: float
    peak_rss_mib: float
    device: str
    platform: str


@dataclass(frozen=True)
class Blob:
    """Bytes that a job handed out; untrusted."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """What a job gave back. `value` is untrusted JSON; `measured` is the host's."""

    value: dict[str, Any]
    saved: tuple[Blob, ...]
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    measured: Measured


@dataclass(frozen=True)
class PoolStatus:
    """How the sandbox stands, for `workbench://device` and for every answer."""

    tier: Tier
    problem: str
    """Why no job can run; empty when jobs can."""
    remedy: str
    is_ready: bool
    """A worker is warm, or was once."""
    n_ready: int
    n_running: int
    n_queued: int
    device: str
    platform: str
    n_cores: int
    memory_mib: int
    shortfall: str = ""
    """Why the tier is not `full`, with what would mend it; empty where it is, or was not asked."""


@dataclass(frozen=True)
class Accelerator:
    """One kind of device, and what the jail opens for it."""

    kind: Literal["cpu", "cuda", "rocm", "tpu"]
    """As in JAX_PLATFORMS."""
    patterns: tuple[str, ...] = ()
    """Its device files, as globs below /dev."""
    devices: tuple[str, ...] = ()
    """Those that are there."""
    read: tuple[str, ...] = ()
    """Read-only besides: how a driver finds its devices."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    libraries: tuple[str, ...] = ()
    """Folders of its libraries that the loader does not know by itself."""
    allowed_calls: tuple[str, ...] = ()
    """System calls that the filter lets through for it."""
    driver_mib: int = 0
    """Of the host's memory, that driver and backend take in a job beside what it may use itself."""
    gone_within_s: float = 5.0
    """A killed process may hold the device that long, while its driver cleans up."""

    @property
    def is_cpu(self) -> bool:
        """Nothing is opened; the backend may start before the job."""
        return self.kind == "cpu"


CPU = Accelerator("cpu")


@dataclass(frozen=True)
class Profile:
    """What the zygote preloads and how it prepares a worker; names only, imported in the jail."""

    preload: tuple[str, ...]
    assert_forkable: str
    """`module:function`, run before every fork; raises when a fork would not be safe."""
    prepare: str
    """`module:function(shape) -> facts`, run in each worker after hardening, before its job.

    The facts are `device` and `platform`; none where the backend starts with the job.
    """
    smoke: str = ""
    """`module:function() -> facts`: arithmetic that must work in the jail, on the device that is
    meant; raises when it does not.
    """
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    code: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Folders with the code that is named above, by their place on the jail's import path."""
    accelerator: Accelerator = CPU


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
