"""Input sets from the user's `make_inputs`. Runs in a worker of its own, after the tracers ended.

Its seeds are secret until then, and its arrays leave it as bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.messages import InputsAsk, InputSets, Leaf
from jax_workbench.tools.common.guarded_text import message_of, shorten, type_name
from jax_workbench.tools.common.user_code import as_tool_error, load_module
from jax_workbench.tools.contract import Job
from jax_workbench.tools.errors import ToolError

MODULE = "make_inputs"
TREES: Any = jax.tree_util
"""Partly untyped."""
MAX_SET_MIB = 48
"""Of one set: what all sets together may hand out is the sandbox's limit on saved bytes."""


def run(argument: dict[str, Any], job: Job) -> dict[str, Any]:
    """Make one input set per seed: saves each as `set_<i>`, returns where the arrays lie in it."""
    ask = InputsAsk.model_validate(argument)
    sets: list[tuple[Leaf, ...]] = []
    for i, arguments in enumerate(call_make_inputs(ask.code, ask.seeds, ask.sizes)):
        job.progress(f"making input set {i + 1} of {len(ask.seeds)}")
        leaves, content = packed(arguments)
        job.save(f"set_{i}", content, "application/octet-stream")
        sets.append(leaves)
    return InputSets(sets=tuple(sets)).model_dump()


def call_make_inputs(
    code: str, seeds: Sequence[int], sizes: Mapping[str, int]
) -> list[tuple[Any, ...]]:
    """Run the module text and call its `make_inputs(seed, **sizes)` with each seed."""
    maker = vars(load_module(code, MODULE)).get("make_inputs")
    if not callable(maker):
        raise ToolError(
            "user_code_failed",
            "The text given as make_inputs defines no function of that name.",
            "Define `def make_inputs(seed, **sizes): ...` in it, returning the tuple of arguments.",
        )
    return [one_set(maker, seed, sizes) for seed in seeds]


def one_set(maker: Callable[..., Any], seed: int, sizes: Mapping[str, int]) -> tuple[Any, ...]:
    """Arguments that `make_inputs` makes of one seed."""
    try:
        made = maker(seed, **sizes)
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, (f"<{MODULE}>",)) from None
    if not isinstance(made, tuple | list):
        raise ToolError(
            "user_code_failed",
            f"make_inputs returned a {type_name(made)}; expected the tuple of arguments.",
            "Return a tuple: `return (x,)` for one argument.",
        )
    return tuple(cast("Sequence[Any]", made))


def packed(arguments: tuple[Any, ...]) -> tuple[tuple[Leaf, ...], bytes]:
    """Leaves of one input set and their bytes, one after another, in C order."""
    leaves: list[Leaf] = []
    parts: list[bytes] = []
    offset = 0
    for path, value in TREES.tree_flatten_with_path(arguments)[0]:
        name = shorten("args" + TREES.keystr(path), 400)
        array, key_impl = as_host_array(value, name)
        content = np.ascontiguousarray(array).tobytes()
        leaves.append(
            Leaf(
                path=name,
                shape=array.shape,
                dtype=str(array.dtype),
                key_impl=key_impl,
                offset=offset,
                n_bytes=len(content),
            )
        )
        parts.append(content)
        offset += len(content)
    if offset > MAX_SET_MIB * 2**20:
        raise ToolError(
            "bad_argument",
            f"make_inputs gives {offset / 2**20:.0f} MiB; at most {MAX_SET_MIB} MiB can be handed "
            "to the timer.",
            "Use smaller arrays, or `inputs`, whose arrays the timer draws itself.",
        )
    return tuple(leaves), b"".join(parts)


def as_host_array(value: Any, path: str) -> tuple[np.ndarray[Any, Any], str]:
    """A leaf as NumPy array in the dtype JAX gives it; PRNG keys as their data and their kind."""
    try:
        array = jnp.asarray(value)
        if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
            return np.asarray(jax.random.key_data(array)), str(jax.random.key_impl(array))
        return np.asarray(array), ""
    except Exception as error:  # noqa: BLE001 - the user's object may raise anything
        raise ToolError(
            "user_code_failed",
            f"{path} of make_inputs is a {type_name(value)}: {shorten(message_of(error), 300)}.",
            "Make arguments of arrays and numbers; put everything else into the code.",
        ) from None
