"""How the log on stderr reads: text or JSON, each line with its run. Server only."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from jax_workbench.server.ledger import audit
from jax_workbench.server.settings import Settings

run_in_hand: ContextVar[str] = ContextVar("run_in_hand", default="")
"""The id of the run whose task logs; empty outside of any."""


class TextLines(logging.Formatter):
    """For people: time, level, logger, run, message."""

    def __init__(self) -> None:
        """One line a message, a traceback below."""
        super().__init__("%(asctime)s %(levelname)s %(name)s%(run)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Put the run behind the logger's name."""
        run_id = run_in_hand.get()
        record.run = f" [{run_id}]" if run_id else ""
        return super().format(record)


class JsonLines(logging.Formatter):
    """For collectors: one JSON object a line, whatever is in the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, run, message, and the facts of an audit line."""
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if run_id := run_in_hand.get():
            entry["run_id"] = run_id
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            entry |= facts
        return json.dumps(entry, default=str)


def log_to(stream: TextIO, settings: Settings) -> None:
    """Write the log to `stream` as the settings say; nothing is ever written to stdout."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)


def log_audit(settings: Settings) -> None:
    """Let each run leave its line, whatever the level of the rest."""
    audit.setLevel(logging.INFO if settings.audit == "on" else logging.CRITICAL)


def log_to_stderr(settings: Settings) -> None:
    """As `log_to`, on stderr."""
    log_to(sys.stderr, settings)
