"""What a value consists of, seen past whatever its class overrides. Runs in the worker."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import jax
import numpy as np
from flax import nnx
from jax.tree_util import SequenceKey

NNX_BOOKKEEPING = "_pytree__state"
"""A child that NNX gives each of its modules, without arrays."""


@dataclass(frozen=True)
class Named:
    """Parts that have names: of a dict, a named tuple, a model."""

    parts: Iterable[tuple[object, object]]


@dataclass(frozen=True)
class Numbered:
    """Parts in a row: of a list, a tuple."""

    parts: Iterable[object]


def is_scalar(value: object) -> bool:
    """Whether `value` is None, a boolean, a number or a string of Python's own."""
    return value is None or issubclass(type(value), int | float | str)


def is_array(value: object) -> bool:
    """Whether `value` is an array that JAX or NumPy made, without a mask; no tracer is one."""
    kind = type(value)
    if issubclass(kind, np.ma.MaskedArray):
        return False
    return issubclass(kind, np.ndarray | np.generic) or jax.Array in kind.__mro__


def unwrapped(value: object) -> object:
    """What an NNX variable holds; anything else as it is."""
    return cast("Any", value).get_value() if issubclass(type(value), nnx.Variable) else value


def taken_apart(value: object) -> Named | Numbered | None:
    """One level of a container or another pytree; None for what has no parts.

    By the methods of the base class: a subclass may have overridden anything.
    """
    kind = type(value)
    if issubclass(kind, dict):
        return Named(dict[object, object].items(cast("dict[object, object]", value)))
    if issubclass(kind, list):
        return Numbered(list[object].__iter__(cast("list[object]", value)))
    if issubclass(kind, tuple):
        parts = tuple[object, ...].__iter__(cast("tuple[object, ...]", value))
        names: object = getattr(cast("Any", kind), "_fields", None)
        if type(names) is tuple:
            return Named(zip(cast("tuple[object, ...]", names), parts, strict=True))
        return Numbered(parts)
    return node_apart(value)


def node_apart(value: object) -> Named | Numbered | None:
    """One level of a class that JAX knows as a pytree: models, optimiser states, dataclasses."""
    visited = iter((False,))

    def is_part(_: object) -> bool:
        return next(visited, True)  # everything but the first, which is `value` itself

    level = cast("list[tuple[Any, Any]]", jax.tree_util.tree_flatten_with_path(value, is_part)[0])
    named = [(jax.tree_util.keystr(path, simple=True), path, part) for path, part in level if path]
    children = [child for child in named if child[0] != NNX_BOOKKEEPING]
    if not children:
        return None
    if all(type(path[0]) is SequenceKey for _, path, _ in children):
        return Numbered([part for _, _, part in children])
    return Named([(name, part) for name, _, part in children])
