"""A stream's kept part: the first bytes and the last ones; the middle is counted.

Runs in the host.
"""

from dataclasses import dataclass, field

from jax_workbench.sandbox.results import printable

_TAIL_SHARE = 4


@dataclass
class Captured:
    """At most `limit` bytes of an endless stream."""

    limit: int
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)
    _n_bytes: int = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._n_bytes += len(piece)
        room = self.limit - self.limit // _TAIL_SHARE - len(self._head)
        self._head += piece[:room]
        self._tail += piece[max(room, 0) :][-(self.limit // _TAIL_SHARE) :]
        del self._tail[: -(self.limit // _TAIL_SHARE)]

    @property
    def is_truncated(self) -> bool:
        """Something was left out."""
        return self._n_bytes > len(self._head) + len(self._tail)

    def text(self) -> str:
        """What was kept; a line in the middle says how much is missing."""
        head, tail = (bytes(part).decode("utf-8", "replace") for part in (self._head, self._tail))
        if not self.is_truncated:
            whole = bytes(self._head + self._tail).decode("utf-8", "replace")
            return printable(whole)
        left_out = self._n_bytes - len(self._head) - len(self._tail)
        return printable(f"{head}\n[... {left_out} bytes left out ...]\n{tail}")
