"""The input sets of a run: drawn here, or made by `make_inputs`. Runs in the timer."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.draw_inputs import draw_set
from jax_workbench.tools.benchmark_fn.equality import on_host
from jax_workbench.tools.benchmark_fn.messages import N_ROTATING, Leaf, TimerAsk
from jax_workbench.tools.errors import ToolError


def make_sets(ask: TimerAsk, blobs: Mapping[str, bytes], avals: Sequence[Any]) -> list[list[Any]]:
    """Rotating sets, and last one that is for the check of outputs alone.

    Raises:
        ToolError: `bad_argument`, where `make_inputs` gives other shapes for another seed.
    """
    if ask.draws:
        sets = [draw_set(ask.draws, ask.secret, i) for i in range(N_ROTATING)]
        sets.append(draw_set(ask.draws, ask.secret, N_ROTATING, "other"))
    else:
        sets = [unpack_set(leaves, blobs[f"set_{i}"]) for i, leaves in enumerate(ask.sets)]
    for arguments in sets:
        match(arguments, avals)
    return sets


def unpack_set(leaves: Sequence[Leaf], content: bytes) -> list[Any]:
    """One set that `make_inputs` made."""
    arguments: list[Any] = []
    for leaf in leaves:
        part = content[leaf.offset : leaf.offset + leaf.n_bytes]
        array = np.frombuffer(part, jnp.dtype(leaf.dtype)).reshape(leaf.shape)
        on_device = jax.device_put(array)
        if leaf.key_impl:
            on_device = jax.random.wrap_key_data(on_device, impl=leaf.key_impl)
        arguments.append(on_device)
    return arguments


def match(arguments: Sequence[Any], avals: Sequence[Any]) -> None:
    """Check that a set fits the program that was traced."""
    expected = [(aval.shape, aval.dtype) for aval in avals]
    found = [(value.shape, value.dtype) for value in arguments]
    if expected != found:
        raise ToolError(
            "bad_argument",
            "make_inputs gives other shapes or dtypes for another seed: "
            f"{brief(found)} instead of {brief(expected)}.",
            "Let the seed change the values only.",
        )


def brief(leaves: Sequence[tuple[Any, Any]]) -> str:
    """The first few leaves by dtype and shape."""
    return ", ".join(f"{dtype}{list(shape)}" for shape, dtype in leaves[:6])


def are_equal(sets: Sequence[Sequence[Any]]) -> bool:
    """Whether there are several sets and all hold the same values."""
    if not sets:
        return False
    first, *others = sets
    return bool(others) and all(
        same_bits(on_host(a), on_host(b))
        for other in others
        for a, b in zip(first, other, strict=True)
    )


def same_bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays of one shape and dtype hold the same bytes."""
    return a.tobytes() == b.tobytes()
