"""The value of the user's last expression as JSON. Runs in the worker."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from jax_workbench.tools.common.guarded_text import message_of, repr_of, shorten, type_name
from jax_workbench.tools.contract import Note
from jax_workbench.tools.run_jax_code.array_summary import summarise
from jax_workbench.tools.run_jax_code.containers import (
    Named,
    Numbered,
    is_array,
    is_scalar,
    taken_apart,
    unwrapped,
)

MAX_JSON_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_EXACT_INTEGER = 2**53
"""Beyond, a reader that keeps numbers in 64-bit floats gets another integer."""
PLACE_LIMIT = 200
NOTE_LIMIT = 500
N_SHORTENED = 1024
"""Characters of `value_repr` where the value itself is not sent."""


@dataclass(frozen=True)
class Sent:
    """A value as it goes to the server."""

    value: Any
    value_repr: str
    notes: tuple[Note, ...]


def encode_value(value: object) -> Sent:
    """Encode `value`, which may be any object and may do anything when it is looked at.

    JSON values are sent as they are, arrays of no dimensions as numbers; other arrays as
    `summarise` describes them, wherever they stand in dicts, lists, models and other pytrees.
    Whatever cannot be sent becomes None, a short `value_repr` and a note.
    """
    encoder = Encoder()
    try:
        encoded = encoder.encode(value, "value", 0)
        text = json.dumps(encoded, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        encoder.grow(len(text.encode()) - encoder.size)
    except NotSent as refused:
        return Sent(None, repr_of(value, N_SHORTENED), (refused.note,))
    except BaseException as raised:  # noqa: BLE001 - a user's class may do anything
        said = f"Looking at the value raised {type_name(raised)}: {message_of(raised)}"
        note = Note(code="value_not_json", severity="warning", text=shorten(said, NOTE_LIMIT))
        return Sent(None, repr_of(value, N_SHORTENED), (note,))
    return Sent(encoded, repr_of(value), tuple(notes_of(encoder)))


class NotSent(Exception):
    """The value has no JSON form that may be sent; `note` says why."""

    def __init__(self, code: str, text: str) -> None:
        """`text` is a sentence."""
        super().__init__(text)
        said = f"{shorten(text, NOTE_LIMIT)} See value_repr."
        self.note = Note(code=code, severity="info", text=said)


@dataclass
class Encoder:
    """Turns one value into JSON, and keeps what its reader must know."""

    size: int = 0
    """Lower bound of the JSON's bytes so far."""
    nonfinite: list[str] = field(default_factory=list[str])
    """Where numbers stood that JSON cannot carry."""
    wide: list[str] = field(default_factory=list[str])
    """Where integers stood that many readers would round."""

    def encode(self, value: object, place: str, depth: int) -> Any:
        """`value` as plain JSON values; `place` names it, `depth` counts what it is inside of."""
        value = unwrapped(value)
        self.grow(1)
        if is_scalar(value):
            return self.scalar(value, place)
        if is_array(value):
            return self.array(cast("Any", value), place, depth)
        match taken_apart(value):
            case Named(parts):
                return self.mapping(parts, place, depth)
            case Numbered(parts):
                return self.sequence(parts, place, depth)
            case None:
                found = f"{place} is of type {type_name(value)}, which has no JSON form."
                raise NotSent("value_not_json", found)

    def grow(self, n_bytes: int) -> None:
        """Count bytes; a value that is too large is given up before it is built."""
        self.size += n_bytes
        if self.size > MAX_JSON_BYTES:
            raise NotSent("value_too_large", f"The value's JSON exceeds {MAX_JSON_BYTES} bytes.")

    def scalar(self, value: object, place: str) -> Any:
        """None, a boolean, a number or a string as exactly that, whatever its subclass."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        # By the methods of the base class: a subclass may have overridden them.
        if issubclass(kind, int):
            return self.integer(int.__int__(cast("int", value)), place)
        if issubclass(kind, float):
            return self.real(float.__float__(cast("float", value)), place)
        return self.text(str.__str__(cast("str", value)), place)

    def integer(self, value: int, place: str) -> int | str:
        """An integer, as text where it exceeds 2**53."""
        if abs(value) <= MAX_EXACT_INTEGER:
            return value
        self.wide.append(place)
        return self.text(str(value), place)

    def real(self, value: float, place: str) -> float | str:
        """A float; nan and the infinities as text."""
        if math.isfinite(value):
            return value
        self.nonfinite.append(place)
        return str(value)

    def text(self, value: str, place: str) -> str:
        """A string that UTF-8 can carry."""
        self.grow(len(value))
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotSent("value_not_json", f"{place} has a lone surrogate.") from None
        return value

    def array(self, value: Any, place: str, depth: int) -> Any:
        """An array of no dimensions as its number, any other as a summary."""
        facts = summarise(np.asarray(value) if issubclass(type(value), np.generic) else value)
        first: list[object] = facts["first"]
        if facts["shape"] == [] and first and type(first[0]) in {bool, int, float}:
            return self.scalar(first[0], place)
        return self.mapping(facts.items(), place, depth)

    def mapping(
        self, parts: Iterable[tuple[object, object]], place: str, depth: int
    ) -> dict[str, Any]:
        """A JSON object; keys that are numbers become text."""
        check_depth(place, depth)
        encoded: dict[str, Any] = {}
        for key, part in parts:
            name = self.text(key_text(key, place), f"a key of {place}")
            if name in encoded:
                raise NotSent("value_not_json", f"{place} has two keys that read {name!r}.")
            inner = shorten(f"{place}[{name!r}]", PLACE_LIMIT)
            encoded[name] = self.encode(part, inner, depth + 1)
        return encoded

    def sequence(self, parts: Iterable[object], place: str, depth: int) -> list[Any]:
        """A JSON array."""
        check_depth(place, depth)
        return [
            self.encode(part, shorten(f"{place}[{n}]", PLACE_LIMIT), depth + 1)
            for n, part in enumerate(parts)
        ]


def check_depth(place: str, depth: int) -> None:
    """Refuse what is nested too deeply, as is whatever contains itself."""
    if depth >= MAX_DEPTH:
        found = f"The value is nested deeper than {MAX_DEPTH}, or contains itself: {place}."
        raise NotSent("value_too_deep", found)


def key_text(key: object, place: str) -> str:
    """A key as JSON has it: text, or a number or constant as text."""
    kind = type(key)
    if issubclass(kind, str):
        return str.__str__(cast("str", key))
    if key is None or kind in {bool, int, float}:
        return json.dumps(key)
    raise NotSent("value_not_json", f"{place} has a key of type {type_name(key)}.")


def notes_of(encoder: Encoder) -> Iterator[Note]:
    """What was written in another form than it had."""
    if places := encoder.nonfinite:
        text = f"Not finite, so written as text: {counted(places)}."
        yield Note(code="nonfinite_value", severity="warning", text=text)
    if places := encoder.wide:
        text = f"Beyond 2**53, so written as text: {counted(places)}."
        yield Note(code="large_integer", severity="info", text=text)


def counted(places: list[str]) -> str:
    """Name the first of some places, and how many more there are."""
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
