"""A folder whose files live on to the next job of the same session. Runs in the jail.

The files come with the job and go back as frames while it runs, so that a job that is killed
leaves what it had made by then.
"""

import os
import stat
import tempfile
import time
from collections.abc import Callable, Mapping

from jax_workbench.sandbox.worker import wire

_INTERVAL_S = 1.0


class KeptFolder:
    """The folder on the job's side."""

    def __init__(
        self, files: Mapping[str, bytes], room_bytes: int, write: Callable[[bytes], None]
    ) -> None:
        """Make it in the working folder, with `files`; new ones up to `room_bytes` are sent."""
        self.path = tempfile.mkdtemp(prefix="kept-", dir=os.getcwd())  # noqa: PTH109 - no pathlib in the jail
        for name, content in files.items():
            with open(os.path.join(self.path, name), "wb") as file:  # noqa: PTH118, PTH123
                file.write(content)
        self._sent = set(files)
        self._room_bytes = room_bytes
        self._write = write
        self._looked_at = time.monotonic()
        self._now = time.monotonic

    def hand_out_now_and_then(self) -> None:
        """Send what is new, at most once a second."""
        if self._now() - self._looked_at >= _INTERVAL_S:
            self.hand_out()

    def hand_out(self) -> None:
        """Send what is new and whole; whatever else the job put there is its own affair."""
        self._looked_at = self._now()
        try:
            names = sorted(os.listdir(self.path))  # noqa: PTH208
        except OSError:  # the job removed it
            return
        for name in names:
            if name in self._sent:
                continue
            content = _plain(os.path.join(self.path, name))  # noqa: PTH118
            header = name.encode("utf-8", "replace")
            if content is None or len(header) > wire.KEPT_NAME_BYTES:
                continue
            self._sent.add(name)
            size = len(header) + 1 + len(content)
            if size <= self._room_bytes:
                self._room_bytes -= size
                self._write(wire.frame(wire.KEPT, header + b"\0" + content))


def _plain(path: str) -> bytes | None:
    """The content of a plain file; None where it is none, or can't be read."""
    try:
        # Neither a link nor a pipe that nobody writes to.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123
        return file.read()
