"""How a call stands, for whoever waits for it. Server only."""

import time

import anyio

from jax_workbench.server.run_store import Artifact, uri_of

MAX_MESSAGE_LENGTH = 200


class Watch:
    """The latest message of a call and its place in the queue."""

    def __init__(self, run_id: str, owner: str = "") -> None:
        """Start counting now; `run_id` names the run that the call becomes, `owner` who called."""
        self.run_id = run_id
        self.owner = owner
        self.message = ""
        self.queue_position = 0
        self.left: tuple[Artifact, ...] = ()
        """What is stored of a call that was ended before its answer."""
        self.changed = anyio.Event()
        """Set at the next change, then replaced."""
        self._started = time.monotonic()

    def elapsed_s(self) -> float:
        """Seconds since the call came in."""
        return time.monotonic() - self._started

    def said(self) -> str:
        """What to show: the place in the queue, or what is being done."""
        if self.queue_position:
            return f"queued, place {self.queue_position}"
        return self.message or "running"

    def said_of_left(self) -> str:
        """Where to find what an ended call left, as a sentence; empty where it left nothing."""
        if not self.left:
            return ""
        uris = ", ".join(uri_of(self.run_id, artifact.name) for artifact in self.left)
        return f"What it had made by then is kept: {uris}"

    def say(self, message: str) -> None:
        """Note what is being done; the words may come from a job."""
        words = message.encode("utf-8", "replace").decode("utf-8")
        self.message = " ".join(words.split())[:MAX_MESSAGE_LENGTH]
        self._tell()

    def queue(self, position: int) -> None:
        """Note the place in the queue; 0 is not in it."""
        self.queue_position = position
        self._tell()

    def _tell(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()
