"""The user's module, its function and its arguments. Runs in the worker, with user Python."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.check_gradients import InputSpec
from jax_workbench.tools.check_gradients.messages import TraceAsk
from jax_workbench.tools.common.guarded_text import message_of, repr_of, type_name
from jax_workbench.tools.common.user_code import as_tool_error, load_module
from jax_workbench.tools.errors import ToolError

MODULE = "code"
FILE = f"<{MODULE}>"


def load_call(ask: TraceAsk) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Run the module; give its function and the arguments to check it at.

    Raises:
        ToolError: `user_code_failed` or `bad_argument`.
    """
    names = vars(load_module(ask.code, MODULE))
    fn = callable_named(names, ask.fn, "fn")
    if ask.inputs:
        rng = np.random.default_rng(ask.seed)
        arguments = tuple(drawn(spec, rng) for spec in ask.inputs)
    else:
        arguments = made(callable_named(names, ask.make_args, "make_args"), ask)
    if too_high := [n for n in ask.argnums if n >= len(arguments)]:
        raise ToolError(
            "bad_argument",
            f"argnums names argument {too_high[0]}; there are {len(arguments)}.",
            "Count arguments from 0.",
        )
    return fn, arguments


def callable_named(names: dict[str, Any], name: str, argument: str) -> Callable[..., Any]:
    """Find a function that the call names."""
    value = names.get(name)
    if callable(value):
        return value
    defined = [n for n, v in names.items() if callable(v) and n[0] != "_"]
    found = f"{name} is a {type_name(value)}" if name in names else f"no {name} is defined"
    raise ToolError(
        "user_code_failed",
        f"{found}; callables in the code: {', '.join(defined[:10]) or 'none'}.",
        f"Define it, or name another function in `{argument}`"
        + (", or give `inputs`." if argument == "make_args" else "."),
    )


def made(make_args: Callable[..., Any], ask: TraceAsk) -> tuple[Any, ...]:
    """Call `make_args()`, or `make_args(dtype)` if it takes a parameter without a default."""
    try:
        n_wanted = len(inspect.signature(make_args).parameters)
    except (TypeError, ValueError):
        n_wanted = 0
    dtype = "float64" if ask.x64 else "float32"
    try:
        arguments: Any = make_args(dtype) if n_wanted else make_args()
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its answer
        raise as_tool_error(error, (FILE,)) from None
    if not isinstance(arguments, (list, tuple)):
        raise ToolError(
            "user_code_failed",
            f"{ask.make_args}() returned {repr_of(arguments, 200)}; expected a tuple of arguments.",
            "Return a tuple, such as `(x,)` for one argument.",
        )
    return tuple(cast("Sequence[Any]", arguments))


def drawn(spec: InputSpec, rng: np.random.Generator) -> Any:
    """Draw one argument."""
    try:
        dtype: Any = jnp.dtype(spec.dtype)
    except TypeError as error:
        raise ToolError(
            "bad_argument", f"inputs: {message_of(error)}.", "Name a dtype such as float32."
        ) from None
    shape = spec.shape
    match spec.distribution:
        case "normal":
            values = rng.standard_normal(shape)
            if jnp.issubdtype(dtype, jnp.complexfloating):
                values = values + 1j * rng.standard_normal(shape)
        case "uniform":
            values = rng.uniform(*bounds(spec, 1), shape)
        case "integers":
            low, high = bounds(spec, 10)
            values = rng.integers(int(low), int(high), shape)
        case "zeros":
            values = np.zeros(shape)
        case "ones":
            values = np.ones(shape)
        case "arange":
            values = np.arange(np.prod(shape)).reshape(shape)
        case "spd":
            values = positive_definite(shape, rng)
    return jnp.asarray(values, dtype)


def bounds(spec: InputSpec, default_high: float) -> tuple[float, float]:
    """The interval to draw from.

    Raises:
        ToolError: `bad_argument` where it is empty.
    """
    low = 0.0 if spec.low is None else spec.low
    high = default_high if spec.high is None else spec.high
    if spec.distribution == "integers":
        low, high = int(low), int(high)
    if high <= low:
        raise ToolError(
            "bad_argument", f"inputs: low is {low:g}, high {high:g}.", "Give a high above low."
        )
    return low, high


def positive_definite(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Symmetric matrices A A^T / n + 1, whose eigenvalues lie between 1 and about 5."""
    if len(shape) < 2 or shape[-1] != shape[-2]:  # noqa: PLR2004 - a matrix has two axes
        raise ToolError(
            "bad_argument",
            f"inputs: spd needs square matrices; the shape is {list(shape)}.",
            "Give a shape such as [4, 4].",
        )
    a = rng.standard_normal(shape)
    return a @ a.swapaxes(-1, -2) / shape[-1] + np.eye(shape[-1])
