"""Keeps finished runs on disk, bounded in number, age and size. Server only."""

import json
import logging
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from jax_workbench.server.settings import Settings, default_state_dir

SCHEME = "workbench://runs/"
RUN_ID = re.compile(r"[0-9]{8}t[0-9]{6}-[a-z0-9_]{1,40}-[0-9a-f]{16}")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
MIME_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}")
RECORD = "run.json"
DAY_S = 86_400.0
ABANDONED_S = 3600.0
"""A half-written run that old belongs to a server that is gone."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Artifact:
    """A file of a run: what a job handed out, under a name that is safe to use."""

    name: str
    mime_type: str
    content: bytes


def new_run_id(tool: str) -> str:
    """An id that sorts by time, names the tool, and cannot be guessed."""
    return f"{datetime.now(UTC):%Y%m%dt%H%M%S}-{tool}-{secrets.token_hex(8)}"


def uri_of(run_id: str, file: str = "") -> str:
    """Where a client reads a run, or a file of it."""
    return f"{SCHEME}{run_id}{f'/{file}' if file else ''}"


def parse_uri(uri: str) -> tuple[str, str] | None:
    """(run id, file name or "") of a run's URI; None where it is none that this store hands out."""
    run_id, _, file = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not RUN_ID.fullmatch(run_id):
        return None
    if file and not FILE_NAME.fullmatch(file):
        return None
    return run_id, file


def safe_artifact(name: str, mime_type: str, content: bytes, taken: Iterable[str]) -> Artifact:
    """An artifact under a name that is a plain file name and not yet taken.

    Both words come from a process that ran user code.
    """
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-80:].lstrip(".-") or "file"
    safe, used, number = stem, {RECORD, *taken}, 1
    while safe in used:
        number += 1
        safe = f"{number}_{stem}"
    is_plain = MIME_TYPE.fullmatch(mime_type) is not None
    return Artifact(safe, mime_type if is_plain else "application/octet-stream", content)


class RunStore:
    """A folder with one folder a run, for each owner. Several servers may share it."""

    def __init__(
        self, root: Path, settings: Settings, *, is_temporary: bool, runs: str = "runs"
    ) -> None:
        """Use `root`, which exists and belongs to this user alone, and its folder `runs`."""
        self.root = root
        self.is_temporary = is_temporary
        self._runs = root / runs
        self._runs.mkdir(mode=0o700, exist_ok=True)
        self._settings = settings

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The store of `settings`, or a private temporary one where that cannot be written."""
        wanted = settings.state_dir or default_state_dir()
        try:
            wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted.chmod(0o700)
            with tempfile.TemporaryFile(dir=wanted):
                store = cls(wanted, settings, is_temporary=False)
        except OSError as error:
            logger.warning("Runs are kept only while the server runs: %s", error)
            return cls(Path(tempfile.mkdtemp(prefix="jax-workbench-")), settings, is_temporary=True)
        store.prune()
        return store

    def of(self, owner: str) -> Self:
        """The store of one caller's runs, which no other caller sees; "" is the operator's own.

        The bounds on number, age and size hold for each owner.
        """
        if not owner:
            return self
        runs = f"runs-{sha256(owner.encode()).hexdigest()[:32]}"
        return type(self)(self.root, self._settings, is_temporary=False, runs=runs)

    def close(self) -> None:
        """Remove what must not outlive the server."""
        if self.is_temporary:
            shutil.rmtree(self.root, ignore_errors=True)

    def save(self, run_id: str, record: Mapping[str, Any], files: Iterable[Artifact] = ()) -> None:
        """Write a run, whole or not at all, then make room."""
        half = Path(tempfile.mkdtemp(prefix="half-", dir=self.root))
        files = list(files)
        try:
            for file in files:
                (half / file.name).write_bytes(file.content)
            kept = [
                {"name": f.name, "mime_type": f.mime_type, "bytes": len(f.content)} for f in files
            ]
            text = json.dumps({"run_id": run_id, **record, "files": kept}, allow_nan=False)
            (half / RECORD).write_text(text, encoding="utf-8")
            half.rename(self._runs / run_id)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
        self.prune()

    def run_ids(self) -> list[str]:
        """The stored runs, newest first."""
        return sorted((path.name for path in self._folders()), reverse=True)

    def record(self, run_id: str) -> dict[str, Any] | None:
        """What is known of a run: its ask, its answer, its files. None if it is not stored."""
        if not RUN_ID.fullmatch(run_id):
            return None
        try:
            return json.loads((self._runs / run_id / RECORD).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def file(self, run_id: str, name: str, max_bytes: int) -> Artifact | None:
        """A file of a run, or None. Raises ValueError where it is larger than `max_bytes`."""
        record = self.record(run_id)
        if record is None:
            return None
        for kept in record["files"]:
            if kept["name"] == name:
                if kept["bytes"] > max_bytes:
                    raise ValueError(f"{name} has {kept['bytes']} bytes, more than {max_bytes}.")
                content = (self._runs / run_id / name).read_bytes()
                return Artifact(name, kept["mime_type"], content)
        return None

    def prune(self) -> None:
        """Remove what is too old, then the oldest until number and size fit; the newest stays."""
        now, kept, total = time.time(), 0, 0
        for half in self.root.glob("half-*"):
            if _age_s(half, now) > ABANDONED_S:
                shutil.rmtree(half, ignore_errors=True)
        for path in sorted(self._folders(), reverse=True):
            size = _size(path)
            is_over = (
                kept >= self._settings.runs_count or total + size > self._settings.runs_mib * 2**20
            )
            if (is_over and kept) or _age_s(path, now) > self._settings.runs_days * DAY_S:
                shutil.rmtree(path, ignore_errors=True)
            else:
                kept, total = kept + 1, total + size

    def _folders(self) -> list[Path]:
        return [path for path in self._runs.iterdir() if RUN_ID.fullmatch(path.name)]


def _age_s(path: Path, now: float) -> float:
    """Seconds since a folder was written; 0 where another server has just removed it."""
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(folder: Path) -> int:
    """Bytes of a run's files; 0 where another server has just removed it."""
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:
        return 0
