"""What the libraries' modules offer, by a table of the installed versions."""

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

TABLE = Path(__file__).parents[1] / "tables" / "surface.json"


class Signature(NamedTuple):
    """The parameters of a function."""

    positional: tuple[str, ...]
    required: frozenset[str]
    by_name: frozenset[str]
    takes_more: bool
    """Whether it has `*args`."""
    takes_any_name: bool


@cache
def _table() -> dict[str, Any]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


@cache
def options() -> frozenset[str]:
    """Names that `jax.config.update` knows."""
    return frozenset(_table()["options"])


@cache
def array_attributes() -> frozenset[str]:
    """The public attributes of an array."""
    return frozenset(_table()["array"])


def version_of(library: str) -> str:
    """The version that the table was made with."""
    return _table()["versions"].get(library, "")


def is_absent(dotted: str) -> bool:
    """Whether a module of the table has no such public name."""
    module, _, name = dotted.rpartition(".")
    names = _table()["modules"].get(module)
    return names is not None and not name.startswith("_") and name not in names


def neighbours(dotted: str) -> list[str]:
    """The public names of the module around a name."""
    return [*_table()["modules"].get(dotted.rpartition(".")[0], {})]


@cache
def signature(dotted: str) -> Signature | None:
    """The parameters of a function; None where they are not known."""
    module, _, name = dotted.rpartition(".")
    text: str = _table()["modules"].get(module, {}).get(name, "")
    if not text:
        return None
    words = [] if text == "-" else text.split()
    positional: list[str] = []
    named: list[str] = []
    required: list[str] = []
    takes_more = takes_any_name = only_named = False
    for word in words:
        if word == "/":
            named = []
        elif word == "**":
            takes_any_name = True
        elif word.startswith("*"):
            only_named, takes_more = True, takes_more or word != "*"
        else:
            plain = word.removesuffix("=")
            named.append(plain)
            if not only_named:
                positional.append(plain)
            if plain == word:
                required.append(plain)
    return Signature(
        tuple(positional), frozenset(required), frozenset(named), takes_more, takes_any_name
    )


def is_refused(keyword: ast.keyword, known: Signature) -> bool:
    """Whether the signature has no place for a keyword."""
    is_open = keyword.arg is None or known.takes_any_name
    return not is_open and keyword.arg not in known.by_name
