"""A job that keeps what it is given, in a folder of its own."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class KeepingJob:
    """Keeps what is saved and said."""

    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    saved: dict[str, tuple[bytes, str]] = field(default_factory=dict[str, tuple[bytes, str]])
    said: list[str] = field(default_factory=list[str])

    def progress(self, message: str) -> None:
        """Keep `message`."""
        self.said.append(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep `content`; a name comes once."""
        assert name not in self.saved
        self.saved[name] = (content, mime_type)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeepingJob:
    """Run the test in an empty folder; what a cell sets in `sys` is set back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    return KeepingJob()
