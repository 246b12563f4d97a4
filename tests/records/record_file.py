"""Writes a record: figures as JSON, a short table as Markdown, with the versions behind them."""

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("jax", "numpy", "scipy", "nlsq", "optimistix")
FOLDER = Path(__file__).parent


def versions() -> dict[str, str]:
    """What was measured with what."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def write_record(name: str, title: str, figures: dict[str, Any], lines: Sequence[str]) -> None:
    """Write `name`.json and `name`.md beside this file."""
    record = {"versions": versions(), **figures}
    target = FOLDER / f"{name}.json"
    target.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    said = ", ".join(f"{library} {number}" for library, number in record["versions"].items())
    text = "\n".join([f"# {title}", "", *lines, "", f"Made with {said}.", ""])
    (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
