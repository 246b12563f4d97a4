"""Programs that serve on loopback for a client under test."""

import socket
import subprocess
import time
from collections.abc import Callable

READY_S = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_until(is_ready: Callable[[], bool], program: subprocess.Popen[bytes]) -> None:
    """Return when it is. Raises RuntimeError where the program ends before, or takes too long."""
    deadline = time.monotonic() + READY_S
    while not is_ready():
        if time.monotonic() > deadline or program.poll() is not None:
            raise RuntimeError(f"{program.args!r} did not get ready")
        time.sleep(0.2)
