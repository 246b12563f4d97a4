"""The input sets of a run: drawn here, or made by `make_inputs`. Runs in the timer."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.draw_inputs import draw_set
from jax_workbench.tools.benchmark_fn.equality import on_host
from jax_workbench.tools.benchmark_fn.input_rules import n_bytes
from jax_workbench.tools.benchmark_fn.messages import N_ROTATING, Draw, Leaf, TimerAsk
from jax_workbench.tools.errors import ToolError

N_MORE = 8
SMALL_SET_BYTES = 4 * 2**20


def make_sets(ask: TimerAsk, blobs: Mapping[str, bytes], avals: Sequence[Any]) -> list[list[Any]]:
    """Rotating sets, then those that are for the check of outputs alone.

    Raises:
        ToolError: `bad_argument`, where `make_inputs` gives other shapes for another seed, or a
            stored baseline takes other ones.
    """
    if ask.draws:
        sets = drawn_sets(ask.draws, ask.secret)
    else:
        sets = [unpack_set(leaves, blobs[f"set_{i}"]) for i, leaves in enumerate(ask.sets)]
    for arguments in sets:
        match(arguments, avals, is_stored=ask.stored_on is not None)
    return sets


def drawn_sets(draws: Sequence[Draw], secret: str) -> list[list[Any]]:
    """Rotating sets; one of another family; and more where they are small.

    A program that is right for half of all inputs passes n sets once in 2^n times.
    """
    sets = [draw_set(draws, secret, i) for i in range(N_ROTATING)]
    sets.append(draw_set(draws, secret, N_ROTATING, "other"))
    if sum(map(n_bytes, draws)) <= SMALL_SET_BYTES:
        sets += [draw_set(draws, secret, len(sets) + i) for i in range(N_MORE)]
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


def match(arguments: Sequence[Any], avals: Sequence[Any], *, is_stored: bool) -> None:
    """Check that a set fits the baseline's program."""
    expected = [(aval.shape, aval.dtype) for aval in avals]
    found = [(value.shape, value.dtype) for value in arguments]
    if expected == found:
        return
    if is_stored:
        raise ToolError(
            "bad_argument",
            f"The stored baseline takes {brief(expected)}; the inputs of this call are "
            f"{brief(found)}.",
            "Call with inputs of the stored shapes and dtypes, or store a new baseline.",
        )
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
