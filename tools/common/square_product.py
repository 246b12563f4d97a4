"""A matrix product of known work, by which a device's peak is measured. Runs in the worker."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

SIDES = {"f32": 512, "f64": 384, "bf16": 384, "f16": 384}
"""Of the square matrices on a CPU: large enough for the peak, a few ms a product."""
ACCELERATOR_SIDE = 4096
DTYPES = {"f32": jnp.float32, "f64": jnp.float64, "bf16": jnp.bfloat16, "f16": jnp.float16}


def square_matrices(kind: str) -> tuple[list[Any], float]:
    """Two square matrices of a type of `DTYPES`, and the flops of their product."""
    side = SIDES[kind] if jax.default_backend() == "cpu" else ACCELERATOR_SIDE
    rng = np.random.default_rng(0)
    matrices = [
        jnp.asarray(rng.standard_normal((side, side)), dtype=DTYPES[kind]) for _ in range(2)
    ]
    return matrices, 2.0 * side**3
