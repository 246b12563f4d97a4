"""Arguments as leaves with paths: which are differentiated, which are held. Runs in the worker."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.tree_util import DictKey, FlattenedIndexKey, GetAttrKey, SequenceKey

from jax_workbench.tools.common.guarded_text import shorten

LONGEST_PATH = 200
LARGE = 65_536
"""Held arrays with more elements are arguments of the programs, not constants in them."""


@dataclass(frozen=True)
class Arguments:
    """A call's arguments, flat."""

    tree: Any
    leaves: tuple[Any, ...]
    moving: tuple[int, ...]
    """Positions of the leaves that are differentiated by."""
    passed: tuple[int, ...]
    """Positions of the held arrays that are arguments of the programs."""
    paths: tuple[str, ...]
    """Of the moving leaves."""

    def rebuild(self, x: Sequence[Any], held: Sequence[Any]) -> tuple[Any, ...]:
        """Put values of the moving and the passed leaves into the arguments' tree."""
        leaves = list(self.leaves)
        for positions, values in ((self.moving, x), (self.passed, held)):
            for position, value in zip(positions, values, strict=True):
                leaves[position] = value
        return jax.tree.unflatten(self.tree, leaves)


def flatten_arguments(arguments: tuple[Any, ...], argnums: Sequence[int]) -> Arguments:
    """Flatten `arguments`; inexact leaves of `argnums` (of all, if empty) are moving."""
    found, tree = cast("tuple[list[Any], Any]", jax.tree.flatten_with_path(arguments))
    moving: list[int] = []
    passed: list[int] = []
    for position, (path, leaf) in enumerate(found):
        chosen = not argnums or path[0].idx in argnums
        if chosen and is_inexact(leaf):
            moving.append(position)
        elif is_passed(leaf):
            passed.append(position)
    return Arguments(
        tree=tree,
        leaves=tuple(leaf for _, leaf in found),
        moving=tuple(moving),
        passed=tuple(passed),
        paths=tuple(
            shortened(path_text(arguments, found[position][0]), position) for position in moving
        ),
    )


def shortened(path: str, position: int) -> str:
    """`path`, or where it is long a part of it; the leaf's position tells such paths apart."""
    if len(path) <= LONGEST_PATH:
        return path
    return f"{shorten(path, LONGEST_PATH)} (leaf {position})"


def is_passed(leaf: Any) -> bool:
    """Whether a held leaf is an argument of the programs."""
    if not isinstance(leaf, (jax.Array, np.ndarray)):
        return False
    array = cast("Any", leaf)
    if jnp.issubdtype(array.dtype, jax.dtypes.extended):
        return False
    return is_inexact(array) or array.size > LARGE


def is_inexact(leaf: Any) -> bool:
    """Whether `leaf` is a real or complex floating-point number or array of them."""
    if not isinstance(leaf, (jax.Array, np.ndarray, np.generic, float, complex)):
        return False
    number = cast("Any", leaf)
    dtype: Any = number.dtype if hasattr(number, "dtype") else np.result_type(number)
    return jnp.issubdtype(dtype, jnp.inexact)


def path_text(arguments: tuple[Any, ...], path: Sequence[Any]) -> str:
    """Write a path as one would in Python, such as `args[0]["w"]` or `args[0].lin.kernel`.

    NNX states and modules go by attribute; the `.value` of a variable is left out.
    """
    text, here = "args", arguments
    for key in path:
        is_nnx = isinstance(here, (nnx.State, nnx.Module))
        if isinstance(here, nnx.Variable) and isinstance(key, GetAttrKey) and key.name == "value":
            break
        text += key_text(key, is_nnx=is_nnx)
        here = child(here, key)
    return text


def key_text(key: Any, *, is_nnx: bool) -> str:
    """One step of a path."""
    match key:
        case GetAttrKey():
            return f".{key.name}"
        case DictKey() if is_nnx and isinstance(key.key, str):
            return f".{key.key}"
        case DictKey():
            return f"[{json.dumps(key.key) if isinstance(key.key, str) else repr(key.key)}]"
        case SequenceKey():
            return f"[{key.idx}]"
        case FlattenedIndexKey():
            return f"[{key.key}]"
        case _:
            return jax.tree_util.keystr((key,))


def child(here: Any, key: Any) -> Any:
    """Follow one step of a path; None where the container can't be read that way."""
    match key:
        case GetAttrKey():
            return getattr(here, key.name, None)
        case DictKey():
            return here[key.key] if hasattr(here, "keys") and key.key in here else None
        case SequenceKey():
            is_long_enough = hasattr(here, "__len__") and key.idx < len(here)
            return here[key.idx] if is_long_enough else None
        case _:
            return None


def own_dtype(leaf: Any) -> Any:
    """Dtype that JAX gives a leaf under the present x64 setting."""
    return jax.dtypes.canonicalize_dtype(jnp.result_type(leaf))


def native_values(arguments: Arguments, positions: Sequence[int]) -> list[Any]:
    """Leaves as arrays of their own dtype; call it under the user's x64 setting."""
    return [jnp.asarray(arguments.leaves[i], own_dtype(arguments.leaves[i])) for i in positions]


def widened(leaf: Any) -> Any:
    """An array in float64 or complex128, other dtypes as they are; call it under x64."""
    array = np.asarray(leaf)
    if not jnp.issubdtype(array.dtype, jnp.inexact):
        return jnp.asarray(leaf)
    is_complex = jnp.issubdtype(array.dtype, jnp.complexfloating)
    return jnp.asarray(array.astype(np.complex128 if is_complex else np.float64))
