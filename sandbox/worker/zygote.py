"""The zygote: imports the stack once, then forks a job's first process for each request.

Runs in the outer jail: `python -m jax_workbench.sandbox.worker.zygote FD`. It never reads anything
from a job, has one thread, and asserts before each fork that forking is safe.
"""

import array
import gc
import importlib
import json
import os
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from jax_workbench.sandbox.worker import scratch, spawn
from jax_workbench.sandbox.worker.syscalls import PR_SET_DUMPABLE, prctl

_MAX_REQUEST_BYTES = 64 * 1024
_N_FDS = 5
_PR_SET_CHILD_SUBREAPER = 36


def main() -> NoReturn:
    """Preload, say so, serve requests until the host hangs up; remove the own folder, if any."""
    control = socket.socket(fileno=int(sys.argv[1]))
    home = "".join(sys.argv[2:])  # none in a jail, which ends with its init
    own_pid = os.getpid()
    try:
        if home:
            prctl(_PR_SET_CHILD_SUBREAPER, 1)
        assert_forkable = _made_ready(control)
        while _serve_one(control, assert_forkable):
            _reap(os.WNOHANG)
    finally:
        # Also where the host is killed while this process still imports: nobody else removes it.
        if home and os.getpid() == own_pid:
            _reap(0)
            scratch.remove(home)
    os._exit(0)


def _made_ready(control: socket.socket) -> Callable[[], None]:
    """Import what the host names, and tell it."""
    try:
        profile = json.loads(control.recv(_MAX_REQUEST_BYTES))
        assert_forkable = _preload(profile)
        control.send(json.dumps({"ready": True, "python": sys.version.split()[0]}).encode())
    except BaseException as error:
        with suppress(OSError):  # it has hung up
            control.send(json.dumps({"failed": _one_line(error)}).encode())
        raise
    return assert_forkable


def _reap(options: int) -> None:
    """Take note of the guards that have ended; none has another parent where there is no jail."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _preload(profile: dict[str, Any]) -> Callable[[], None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in profile["preload"]:
            importlib.import_module(name)
    module, _, function = profile["assert_forkable"].partition(":")
    assert_forkable = getattr(importlib.import_module(module), function)
    gc.collect()
    gc.freeze()  # keeps the preloaded pages shared: no collector writes into them
    gc.disable()
    prctl(PR_SET_DUMPABLE, 0)  # no sibling may read this process
    assert_forkable()
    return assert_forkable


def _serve_one(control: socket.socket, assert_forkable: Callable[[], None]) -> bool:
    """Fork one job; False when the host has hung up."""
    message, descriptors = _receive(control)
    if not message:
        return False
    try:
        assert_forkable()
    except Exception as error:  # noqa: BLE001 - whatever it is, this process must not fork again
        control.send(json.dumps({"unsafe": _one_line(error)}).encode())
        return False
    *pipes, status_fd = descriptors
    started = time.monotonic()
    first = os.fork()
    if first == 0:
        control.close()
        gc.enable()
        status = socket.socket(fileno=status_fd)
        spawn.start(pipes, status, json.loads(message))
    for descriptor in descriptors:
        os.close(descriptor)
    os.waitpid(first, 0)
    control.send(json.dumps({"forked": True, "fork_s": time.monotonic() - started}).encode())
    return True


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """One request with its five descriptors."""
    room = socket.CMSG_SPACE(_N_FDS * array.array("i").itemsize)
    message, ancillary, _flags, _address = control.recvmsg(_MAX_REQUEST_BYTES, room)
    descriptors = array.array("i")
    for _level, _kind, payload in ancillary:
        descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
    if message and len(descriptors) != _N_FDS:
        raise RuntimeError(f"expected {_N_FDS} descriptors, got {len(descriptors)}")
    return message, list(descriptors)


def _one_line(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({last[0].filename}:{last[0].lineno})" if last else ""
    return f"{type(error).__name__}: {error}{where}"[:1000]


if __name__ == "__main__":
    main()
