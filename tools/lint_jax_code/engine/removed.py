"""Names and keywords that the libraries no longer have, from a table."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).parents[1] / "tables" / "removed.json"


class Gone(NamedTuple):
    """What became of a name: `removed`, `deprecated` or `never` there; and its replacement."""

    status: str
    replacement: str
    how: str


@cache
def _table() -> dict[str, dict[str, Any]]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


@cache
def removed_names() -> dict[str, Gone]:
    """By dotted name; attributes of arrays begin with `array.`."""
    return {name: Gone(*entry) for name, entry in _table()["names"].items()}


@cache
def removed_keywords() -> dict[str, Gone]:
    """By `function(keyword)`."""
    return {name: Gone(*entry) for name, entry in _table()["keywords"].items()}
