"""Walks the types of a tool's arguments along the place of a fault. Server only.

The models are walked and not the schema that clients get: there, to save bytes, the parts of a list
may be no more than `object`.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel

type Place = tuple[int | str, ...]


def without_branches(place: Place, model: type[BaseModel]) -> Place:
    """`place` without the names of a union's branches, which pydantic adds and no caller wrote."""
    written: list[int | str] = []
    kinds = [*_options(model)]
    is_in_branch = False
    for part in place:
        below = [*_below(kinds, part)]
        if below or len(kinds) <= 1 or is_in_branch:
            written.append(part)
            kinds = below
            is_in_branch = False
        else:
            is_in_branch = True
    return tuple(written)


def names_beside(place: Place, model: type[BaseModel]) -> list[str]:
    """The argument names of the object in which `place` lies; none inside a free-form object."""
    kinds = [*_options(model)]
    for part in place[:-1]:
        kinds = [*_below(kinds, part)]
    return [
        name
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name in kind.model_fields
    ]


def _below(kinds: Sequence[Any], part: int | str) -> Iterator[Any]:
    """What the types of `kinds` hold under `part`."""
    for kind in kinds:
        origin, within = get_origin(kind), get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if part in kind.model_fields:
                yield from _options(kind.model_fields[str(part)].annotation)
        elif not isinstance(origin, type) or not within:
            continue
        elif issubclass(origin, Mapping):
            yield from _options(within[1])
        elif issubclass(origin, Sequence) and isinstance(part, int):
            yield from _options(within[0])


def _options(kind: Any) -> Iterator[Any]:
    """The types of a union, of an alias, of an annotated type; without None."""
    if isinstance(kind, TypeAliasType):
        yield from _options(kind.__value__)
    elif get_origin(kind) is Annotated:
        yield from _options(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for option in get_args(kind):
            yield from _options(option)
    elif kind is not type(None):
        yield kind
