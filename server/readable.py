"""JSON as short indented lines for a terminal. Only the demo uses it."""

import json
from collections.abc import Iterator
from typing import Any, cast

ITEM = "-"
MAX_WIDTH = 96
MAX_ITEMS = 4
MAX_LINES_OF_TEXT = 12


def lines_of(value: Any, indent: str = "   ") -> Iterator[str]:
    """The value, one line a field; long lists and texts are cut, and say so."""
    for name, part in _named(value):
        if part in (None, "", [], {}):
            continue
        flat = _flat(part)
        if flat is not None and len(indent) + len(name) + len(flat) + 1 <= MAX_WIDTH:
            yield f"{indent}{name} {flat}"
            continue
        below = f"{indent}  "
        lines = [*(_text(part, below) if isinstance(part, str) else lines_of(part, below))]
        if name == ITEM:
            lines[0] = f"{indent}{ITEM} {lines[0].removeprefix(below)}"
        else:
            yield f"{indent}{name}"
        yield from lines


def _named(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"{name}:", part) for name, part in cast("dict[str, Any]", value).items()]
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    named = [(ITEM, item) for item in items[:MAX_ITEMS]]
    left = len(items) - MAX_ITEMS
    return [*named, (ITEM, f"and {left} more")] if left > 0 else named


def _flat(part: Any) -> str | None:
    """On one line; None where it has lines of its own."""
    if isinstance(part, float):
        return f"{part:.5g}"
    if isinstance(part, str):
        return part if "\n" not in part else None
    return json.dumps(_rounded(part), ensure_ascii=False)


def _rounded(part: Any) -> Any:
    if isinstance(part, float):
        return float(f"{part:.5g}")
    if isinstance(part, list):
        return [_rounded(item) for item in cast("list[Any]", part)]
    if isinstance(part, dict):
        return {name: _rounded(item) for name, item in cast("dict[str, Any]", part).items()}
    return part


def _text(text: str, indent: str) -> Iterator[str]:
    lines = text.splitlines()
    yield from (f"{indent}{line[:MAX_WIDTH]}" for line in lines[:MAX_LINES_OF_TEXT])
    if len(lines) > MAX_LINES_OF_TEXT:
        yield f"{indent}... and {len(lines) - MAX_LINES_OF_TEXT} more lines"
