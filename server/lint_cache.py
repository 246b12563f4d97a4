"""Findings of files that have not changed since they were linted. Command line only."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from jax_workbench.tools import lint_jax_code

MAX_ENTRIES = 20_000
MAX_AGE_S = 30 * 24 * 3600
FIELDS = frozenset(("findings", "suppressed", "is_incomplete", "failure", "is_changed"))


def default_cache_dir(env: Mapping[str, str] | None = None) -> Path:
    """The user's cache directory for the linter, by the XDG base directory specification."""
    env = os.environ if env is None else env
    base = env.get("XDG_CACHE_HOME", "")
    parent = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return parent / "jax-workbench" / "lint"


@cache
def rules_version() -> str:
    """A digest of the linter's own files: a changed rule makes all entries stale."""
    root = Path(next(iter(lint_jax_code.__path__)))
    digest = hashlib.sha256(sys.version.encode())
    for file in sorted(f for kind in ("*.py", "*.json") for f in root.rglob(kind)):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


class LintCache:
    """One small file for each text that was linted; what cannot be read is linted again."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist."""
        self.folder = folder
        self._has_new = False

    def key(self, *parts: str) -> str:
        """The name of the entry for what the findings hang on."""
        digest = hashlib.sha256(rules_version().encode())
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(encoded) + encoded)
        return digest.hexdigest()

    def get(self, key: str) -> dict[str, Any] | None:
        """An entry; None where there is none that can be read."""
        file = self.folder / f"{key}.json"
        try:
            entry: Any = json.loads(file.read_bytes())
            os.utime(file)
            report: dict[str, Any] = dict(entry["report"])
            is_whole = entry["key"] == key and report.keys() == FIELDS
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return report if is_whole else None

    def put(self, key: str, report: dict[str, Any]) -> None:
        """Keep an entry, whole or not at all; a folder that can't be written is let be."""
        own = self.folder / f"{key}.{os.getpid()}"
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            own.write_text(json.dumps({"key": key, "report": report}), encoding="utf-8")
            own.replace(self.folder / f"{key}.json")
            self._has_new = True

    def prune(self, now_s: float | None = None) -> None:
        """Drop entries that nobody has used for a month, and the oldest of too many."""
        if not self._has_new:
            return
        oldest_s = (time.time() if now_s is None else now_s) - MAX_AGE_S
        with suppress(OSError):
            aged = sorted((e.stat().st_mtime, e.path) for e in os.scandir(self.folder))
            surplus = len(aged) - MAX_ENTRIES
            for position, (used_s, path) in enumerate(aged):
                if position < surplus or used_s < oldest_s:
                    Path(path).unlink(missing_ok=True)
