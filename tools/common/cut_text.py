"""Cuts text to the room that it has in an answer. Light: the server imports this."""

import json


def json_bytes(text: str) -> int:
    """Bytes that `text` takes inside of a JSON string."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2


def cut_middle(text: str, room_bytes: int) -> str:
    """`text` where it fits into that many bytes of JSON; else its head and its tail.

    The head gets two thirds of the room; a line between the two says how much is missing.
    """
    if json_bytes(text) <= room_bytes:
        return text
    head = _that_fits(text, room_bytes * 2 // 3)
    tail = _that_fits(text[::-1], room_bytes - room_bytes * 2 // 3)
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[len(text) - tail :]}"


def cut_end(text: str, room_bytes: int) -> str:
    """`text` where it fits into that many bytes of JSON; else its beginning and three dots."""
    if json_bytes(text) <= room_bytes:
        return text
    return f"{text[: _that_fits(text, room_bytes - 3)]}..."


def _that_fits(text: str, room_bytes: int) -> int:
    """How many characters from the start fit."""
    for at, character in enumerate(text):
        room_bytes -= json_bytes(character)
        if room_bytes < 0:
            return at
    return len(text)
