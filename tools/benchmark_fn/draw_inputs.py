"""Arguments drawn from `inputs`, of a seed that nobody knew before. Runs in the timer."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.benchmark_fn.messages import Draw

type Family = Literal["plain", "other"]
"""`other` is a second family for the check of outputs: order, sign and constants differ."""

MAX_INT64 = 2**63


def draw_set(draws: Sequence[Draw], secret: str, index: int, family: Family = "plain") -> list[Any]:
    """One set of arguments on the device.

    Args:
        draws: One an argument.
        secret: Hexadecimal seed.
        index: Of the set; each index gives other values.
        family: Which of the two families.
    """
    arguments: list[Any] = []
    for position, draw in enumerate(draws):
        rng = np.random.default_rng([int(secret, 16), index, position, family == "other"])
        if draw.dtype == "key":
            bits = rng.integers(0, 2**32, size=(*draw.shape, 2), dtype=np.uint32)
            arguments.append(jax.random.wrap_key_data(jnp.asarray(bits)))
        else:
            values = plain_values(draw, rng) if family == "plain" else other_values(draw, rng)
            arguments.append(jax.device_put(values.astype(jnp.dtype(draw.dtype), copy=False)))
    return arguments


def plain_values(  # noqa: PLR0911 - one return a law
    draw: Draw, rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Values of one argument by its law."""
    shape = draw.shape
    match draw.distribution:
        case "normal":
            return with_imaginary(draw, lambda: rng.standard_normal(shape, real_type(draw)))
        case "uniform":
            width = draw.high - draw.low
            return with_imaginary(
                draw, lambda: draw.low + width * rng.random(shape, real_type(draw))
            )
        case "integers":
            low, high = int(draw.low), int(draw.high)
            wide = np.uint64 if high > MAX_INT64 else np.int64
            return rng.integers(low, high, size=shape, dtype=wide)
        case "zeros":
            return np.zeros(shape, np.int8)
        case "ones":
            return np.ones(shape, np.int8)
        case "arange":
            return np.arange(int(np.prod(shape))).reshape(shape)
        case "spd":
            return positive_definite(draw, rng)


def other_values(draw: Draw, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Values that the law allows, in another order or sign, so that data-bound tricks show.

    Constants of a real dtype become small random numbers: a result known in advance is wrong then.
    """
    law = draw.distribution
    if law in {"zeros", "ones"}:
        is_real = jnp.issubdtype(jnp.dtype(draw.dtype), jnp.inexact)
        return rng.random(draw.shape) if is_real else plain_values(draw, rng)
    values = plain_values(draw, rng)
    if law == "spd" or not values.size:
        return values
    if law == "arange":
        return rng.permutation(values.reshape(-1)).reshape(draw.shape)
    ordered = np.sort(values.reshape(-1))[::-1].reshape(draw.shape)
    return -2 * ordered if law == "normal" else ordered


def real_type(draw: Draw) -> type[np.float32 | np.float64]:
    """Precision to draw in."""
    return np.float64 if draw.dtype in {"float64", "complex128"} else np.float32


def with_imaginary(draw: Draw, part: Callable[[], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """One draw for real dtypes, two for complex ones."""
    return part() + 1j * part() if draw.dtype.startswith("complex") else part()


def positive_definite(draw: Draw, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Matrices A A^H / n + 1, whose eigenvalues lie between 1 and about 5."""
    normal = draw.model_copy(update={"distribution": "normal"})
    a = plain_values(normal, rng)
    n = draw.shape[-1]
    return a @ a.conj().swapaxes(-1, -2) / n + np.eye(n, dtype=real_type(draw))
