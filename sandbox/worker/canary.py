"""What the probe runs as a job: attempts that must all be denied. Runs in the jail."""

import importlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any


def attempt(argument: dict[str, Any], _channel: object) -> dict[str, Any]:
    """Try each thing; True means that it was denied."""
    attempts: dict[str, Callable[[], object]] = {
        "read a file of the host": lambda: Path(argument["secret"]).read_bytes(),
        "connect to a listener of the host": lambda: _connect(argument["port"]),
        "reach an abstract socket of the host": lambda: _connect_abstract(argument["abstract"]),
        "write outside its scratch": lambda: Path("/usr/lib/jax-workbench-probe").write_bytes(b""),
        "start a process": _fork,
        "see a process of the host": lambda: _see(*argument["host"]),
        "make a user namespace": lambda: os.unshare(os.CLONE_NEWUSER),
        "leave a file behind": lambda: Path(argument["folder"], "left").write_bytes(b""),
    }
    if argument["tier"] == "full":
        attempts["signal its own init"] = _kill_init
    else:  # pid 1 is not the job's
        attempts["signal the process that watches it"] = lambda: os.kill(os.getppid(), 0)
    denied = {name: _is_denied(action) for name, action in attempts.items()}
    fault, facts = _smoke(argument["smoke"])
    return {"attempts": denied, "smoke": fault, "facts": facts}


def _is_denied(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return True
    return False


def _connect(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        client.connect(("127.0.0.1", port))


def _connect_abstract(name: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        client.connect(f"\0{name}")


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _see(pid: int, group: int, session: int) -> None:
    """A number alone is no proof: in namespaces of its own a thread of the job may have it."""
    os.kill(pid, 0)
    if pid == os.getpid() or (os.getpgid(pid), os.getsid(pid)) != (group, session):
        raise ProcessLookupError("it is the job's own")


def _kill_init() -> None:
    """A signal to pid 1 of the own namespace must be refused or have no effect."""
    os.kill(1, signal.SIGKILL)
    raise PermissionError("the init survived")


def _smoke(function: str) -> tuple[str, dict[str, str]]:
    """Return `ok` or what went wrong in the arithmetic that the profile names, and its facts."""
    if not function:
        return "ok", {}
    module, _, name = function.partition(":")
    try:
        facts = getattr(importlib.import_module(module), name)()
    except Exception as error:  # noqa: BLE001 - any failure is the finding
        return f"{type(error).__name__}: {error}"[:300], {}
    return "ok", facts or {}
