"""Reads a call's arguments, and says in plain words what is wrong with them. Server only."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from jax_workbench.server.argument_types import Place, names_beside, without_branches
from jax_workbench.tools.contract import Ask

MAX_FAULTS = 5
SHOWN_LENGTH = 60
TUPLE = re.compile(r"\btuple\b", re.IGNORECASE)
BEFORE_THE_CAUSE = re.compile(r"^Value error, ")
"""What pydantic puts before the words of a check of ours."""


def read[A: Ask](model: type[A], arguments: Mapping[str, Any]) -> A:
    """Validate strictly; where a list or an object came as JSON in a string, read that.

    Some clients send nested arguments so. Only a field that refused the string is read again,
    so text that looks like JSON stays text where text is asked for. Raises ValidationError.
    """
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        mended = {**arguments}
        for fault in error.errors(include_url=False, include_context=False):
            name = fault["loc"][0] if fault["loc"] else None
            text = mended.get(name) if isinstance(name, str) else None
            if isinstance(name, str) and isinstance(text, str) and text[:1] in ("[", "{"):
                with suppress(ValueError, RecursionError):
                    mended[name] = json.loads(text)
        if mended == arguments:
            raise
        return model.model_validate(mended)


def plain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line per fault, without pydantic's links; then the names that would be accepted.

    Only the first few faults: a long array of wrong values has one for each of them.
    """
    faults = _one_a_place(_own(error.errors(include_url=False, include_context=False)), model)
    lines = [_line(fault, model) for fault in faults[:MAX_FAULTS]]
    if len(faults) > MAX_FAULTS:
        lines.append(f"And {len(faults) - MAX_FAULTS} more.")
    if any(fault["type"] in {"extra_forbidden", "missing"} for fault in faults):
        lines.extend(_accepted(faults, model))
    return "\n".join(lines)


def _own(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is too short where it is so only because its items are faulty."""
    return [
        fault
        for fault in faults
        if fault["type"] != "too_short"
        or not any(
            len(other["loc"]) > len(fault["loc"])
            and other["loc"][: len(fault["loc"])] == fault["loc"]
            for other in faults
        )
    ]


def _one_a_place(faults: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Faults at their places, with what the branches of a union said of one place in one."""
    by_place: dict[tuple[Place, str], ErrorDetails] = {}
    for fault in faults:
        place = without_branches(fault["loc"], model)
        is_branch = place != fault["loc"]
        key = (place, "" if is_branch else fault["type"])
        said = _said(fault)
        if is_branch and key in by_place:
            said = f"{by_place[key]['msg']}, or {said.removeprefix('Input should be ')}"
        by_place[key] = {**fault, "loc": place, "msg": said}
    return [*by_place.values()]


def _said(fault: ErrorDetails) -> str:
    """The fault's words, beginning with the cause."""
    return BEFORE_THE_CAUSE.sub("", TUPLE.sub(_as_list, fault["msg"])).rstrip(".")


def _line(fault: ErrorDetails, model: type[BaseModel]) -> str:
    if not fault["loc"]:  # a check of several arguments, which names them itself
        return f"{fault['msg']}."
    where = _written(fault["loc"])
    if fault["type"] == "missing":
        return f"{where}: required, but missing."
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(str(fault["loc"][-1]), names_beside(fault["loc"], model), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return f"{where}: there is no such argument (got {_shown(fault['input'])}).{hint}"
    return f"{where}: {fault['msg']} (got {_shown(fault['input'])})."


def _as_list(found: re.Match[str]) -> str:
    """JSON has lists; that ours are tuples is nothing to the caller."""
    return "List" if found[0] == "Tuple" else "list"


def _written(loc: tuple[int | str, ...]) -> str:
    """A place in the arguments as one would write it: `variants[0].code`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=repr)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."


def _accepted(faults: list[ErrorDetails], model: type[BaseModel]) -> list[str]:
    """The accepted names of each object that had an unknown or a missing one, once each."""
    said: dict[str, None] = {}
    for fault in faults:
        if fault["type"] not in {"extra_forbidden", "missing"}:
            continue
        if names := names_beside(fault["loc"], model):
            place = _written(tuple(part for part in fault["loc"][:-1] if isinstance(part, str)))
            said[f"Accepted{f' in {place}' if place else ''}: {', '.join(names)}."] = None
    return [*said]
