"""Which isolation a host may be given, and what a job sees in each. Pure but for one look at files.

full      bubblewrap, and namespaces of its own for each job
shared    bubblewrap; the jobs share its namespaces, one at a time, each in a Landlock domain
landlock  no namespaces: the container, or the operator, is the boundary of the file system
none      limits and time only

Runs in the host. The choice is made once, by trying: see `LocalPool`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jax_workbench.sandbox.policy import Tier

CHOICES = ("auto", "full", "landlock", "none")
SCOPED_ABI = 6
"""The first Landlock that keeps a job from signalling its user's other processes."""
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_NESTED_DENIED = re.compile(r"\bA: \w*Error: ")
_CPU_FILES = ("/proc/cpuinfo", "/proc/meminfo")
_IN_JAIL = ("/usr", "/lib", "/lib64", "/sb", "/etc/ld.so.cache", "/etc/localtime")
_ON_HOST = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", *_IN_JAIL[-2:])


@dataclass(frozen=True)
class Confinement:
    """What the workers of one zygote are told about their tier."""

    tier: Tier
    read: tuple[str, ...]
    """Files and folders that a job may read."""
    write: tuple[str, ...]
    """Folders that it may write in; empty: only the folder that its guard makes for it."""
    home: str
    """The zygote's own HOME; a guarded job's is another one, below it."""
    landlock_abi: int
    """The oldest Landlock that will do."""

    def spec(self) -> Mapping[str, object]:
        """As it goes over the wire."""
        return {
            "tier": self.tier,
            "read": self.read,
            "write": self.write,
            "home": self.home,
            "landlock_abi": self.landlock_abi,
        }


def confinement(tier: Tier, home: str = "/tmp", sources: Iterable[Path] = ()) -> Confinement:  # noqa: S108
    """What holds in `tier`; `sources`, without a jail: where interpreter and packages lie."""
    if tier == "full":
        write = ("/tmp", "/dev/shm")  # noqa: S108 - the job's own
        return Confinement(tier, (*_IN_JAIL, "/proc"), write, home, 1)
    if tier == "shared":
        return Confinement(tier, (*_IN_JAIL, *_CPU_FILES), (), home, SCOPED_ABI)
    places = tuple(str(source) for source in sources)
    return Confinement(tier, (*_ON_HOST, *_CPU_FILES, *places), (), home, SCOPED_ABI)


def candidates(choice: str, *, is_root: bool, is_container: bool) -> tuple[Tier, ...]:
    """Tiers to try, strongest first; the operator's word allows what `auto` does not."""
    if choice == "full":
        return ("full",)
    if choice == "landlock":
        return ("landlock",)
    if choice == "none":
        return ("none",)
    if is_container and not is_root:
        return ("full", "shared", "landlock")
    return ("full", "shared")


def may_step_down(tier: Tier, problem: str, *, is_known: bool) -> bool:
    """Is the next tier worth a try? Only where the host refuses what `tier` is made of.

    Args:
        tier: The one that failed.
        problem: What it said.
        is_known: It is one of the refusals that hosts are known for.
    """
    if tier == "full" and _NESTED_DENIED.search(problem):
        return True
    return is_known and "Landlock" not in problem


def is_container() -> bool:
    """Some container engine left its mark here."""
    return any(mark.exists() for mark in _CONTAINER_MARKS)
