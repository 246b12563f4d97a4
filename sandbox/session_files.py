"""Keeps what jobs leave for later jobs of the same session: compiled programs. Runs in the host.

Opaque bytes by name, in memory: the host never opens them and no job gets another session's, so
what a job forges reaches its own session only. They end with the host.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from jax_workbench.sandbox.policy import MIB, Limits

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}")
_MAX_SESSIONS = 64
_MAX_FILES = 4000
_MAX_BYTES = 128 * MIB
MAX_BASE_BYTES = 64 * MIB


@dataclass
class _Session:
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    n_bytes: int = 0

    def add(self, name: str, content: bytes, limit: int) -> None:
        """The first of a name stays; the oldest go where there is too much."""
        if name in self.files:
            return
        self.files[name] = content
        self.n_bytes += len(content)
        while self.n_bytes > limit or len(self.files) > _MAX_FILES:
            self.n_bytes -= len(self.files.pop(next(iter(self.files))))


class SessionFiles:
    """Files by session; the session not used for longest goes first where there is too much."""

    def __init__(
        self,
        session_bytes: int = Limits.kept_mib * MIB,
        max_bytes: int = _MAX_BYTES,
        max_sessions: int = _MAX_SESSIONS,
        base: Mapping[str, bytes] | None = None,
    ) -> None:
        """At most `session_bytes` of each session, `max_bytes` of all together.

        Every session begins with `base`, and none can change what is in it.
        """
        self._base = {n: c for n, c in (base or {}).items() if _NAME.fullmatch(n)}
        self._session_bytes = session_bytes
        self._max_bytes = max_bytes
        self._max_sessions = max_sessions
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def of(self, session: str) -> Mapping[str, bytes]:
        """What the session's next job starts with; a copy."""
        if session not in self._sessions:
            return dict(self._base)
        self._sessions.move_to_end(session)
        return {**self._sessions[session].files, **self._base}

    def add(self, session: str, name: str, content: bytes) -> None:
        """Keep one file of a job.

        What is no plain file name, or too big, is left out: a job may say anything.
        """
        is_plain = _NAME.fullmatch(name) and len(content) <= self._session_bytes
        if not is_plain or name in self._base:
            return
        self._sessions.setdefault(session, _Session()).add(name, content, self._session_bytes)
        self._sessions.move_to_end(session)
        while len(self._sessions) > self._max_sessions or (
            self.n_bytes > self._max_bytes and len(self._sessions) > 1
        ):
            self._sessions.popitem(last=False)

    @property
    def n_bytes(self) -> int:
        """Of all sessions together."""
        return sum(session.n_bytes for session in self._sessions.values())
