"""Starts a zygote without a jail, for the tiers `landlock` and `none`. Runs in the host.

The same paths as in the jail, below a folder of our own: as links for an ordinary user; for root as
read-only mounts that the stage makes before it becomes a uid that nobody has.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jax_workbench.sandbox.launcher import (
    BASE_ENV,
    SANDBOX_FOLDER,
    SCRATCH,
    ZYGOTE_MODULE,
    Interpreter,
    free_uid,
    interpreter,
    library_path,
)
from jax_workbench.sandbox.policy import Profile

_JAIL = "/sb/"
_JAIL_HOME = "/tmp"  # noqa: S108 - what the environment says in the jail


@dataclass(frozen=True)
class BareLaunch:
    """A process to start without a jail."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    uid: int
    home: Path
    """Its own folder, and its jobs'; it removes it when the host hangs up."""
    sources: tuple[Path, ...]
    """What its jobs must be able to read."""


def bare_launch(profile: Profile, control_fd: int, *, is_root: bool | None = None) -> BareLaunch:
    """The process that becomes the zygote; makes its folder."""
    if is_root is None:
        is_root = os.geteuid() == 0
    python = interpreter(profile.code)
    if is_root:
        return _staged(profile, python, control_fd)
    home = Path(tempfile.mkdtemp(prefix="jax-workbench-"))
    for bind in python.binds:
        if bind.target.startswith(_JAIL):
            link = home / bind.target.removeprefix(_JAIL)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(bind.source)
    argv, env = _command(python, str(home), home, profile, control_fd)
    # The links' own folder, too: importing lists it.
    sources = (home / "lib", *(bind.source for bind in python.binds))
    return BareLaunch(argv, env, os.geteuid(), home, sources)


def _staged(profile: Profile, python: Interpreter, control_fd: int) -> BareLaunch:
    uid = free_uid()
    home = Path(tempfile.mkdtemp(prefix="jax-workbench-", dir="/tmp"))  # all may pass
    os.chown(home, uid, uid)
    argv, env = _command(python, SCRATCH, home, profile, control_fd)
    jailed = [bind for bind in python.binds if bind.target.startswith(_JAIL)]
    plan = {
        "uid": uid,
        "gid": uid,
        "scratch": SCRATCH,
        "binds": [[str(b.source), _moved(b.target, SCRATCH)] for b in jailed],
        "argv": argv,
        "env": dict(env),
    }
    stage = str(SANDBOX_FOLDER / "stage.py")
    staged = (sys.executable, "-I", "-S", "-B", stage, json.dumps(plan))
    return BareLaunch(staged, {}, uid, home, (Path(SCRATCH),))


def _command(
    python: Interpreter, places: str, home: Path, profile: Profile, control_fd: int
) -> tuple[tuple[str, ...], dict[str, str]]:
    search = ":".join(_moved(path, places) for path in python.search_path)
    env = {**BASE_ENV, **profile.env, **profile.accelerator.env, "PYTHONPATH": search}
    if libraries := library_path(python, profile.accelerator):
        env["LD_LIBRARY_PATH"] = _moved(libraries, places)
    env = {name: str(home) if value == _JAIL_HOME else value for name, value in env.items()}
    executable = _moved(python.executable, places)
    start = (executable, "-s", "-P", "-B", "-m", ZYGOTE_MODULE)
    return (*start, str(control_fd), str(home)), env


def _moved(path: str, places: str) -> str:
    """A path of the jail, below another folder."""
    return f"{places}/{path.removeprefix(_JAIL)}" if path.startswith(_JAIL) else path
