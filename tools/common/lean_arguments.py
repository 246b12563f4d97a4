"""Bounds and defaults that are not in a schema, where each byte is paid for by every call.

The server reads this.
"""

from collections.abc import Callable
from typing import Any


def between(low: float, high: float) -> Callable[[float], float]:
    """A check that a number lies in a range; `low` and `high` are in it."""

    def checked(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"Input should be between {low} and {high}")
        return value

    return checked


def at_most(limit: int) -> Callable[[Any], Any]:
    """A check of a length."""

    def checked(value: Any) -> Any:
        if len(value) > limit:
            raise ValueError(f"Length should be at most {limit}, not {len(value)}")
        return value

    return checked


def without_default(schema: dict[str, Any]) -> None:
    """Leave out an empty default: it says nothing that an optional argument does not."""
    schema.pop("default", None)


def or_left_out(schema: dict[str, Any]) -> None:
    """Show an optional argument's type alone; not all clients know types that may be null."""
    schema.pop("default", None)
    schema.update(next(kind for kind in schema.pop("anyOf") if kind != {"type": "null"}))
