# pyright: reportUnknownLambdaType=false
"""Exports functions as a tracer does, for the tests that look into programs."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from jax_workbench.tools.benchmark_fn.inspect_program import inspect
from jax_workbench.tools.benchmark_fn.program_facts import Facts

N = 64
X = jax.ShapeDtypeStruct((N, N), jnp.float32)
PRODUCT = 2 * N**3
"""Flops of a product of two N x N matrices."""


def facts_of(fn: Any, *specs: Any) -> Facts:
    """Facts of `fn` exported with these arguments, or with one N x N matrix."""
    flat = jax.jit(lambda *xs: jax.tree.leaves(fn(*xs)))
    return inspect(bytes(export.export(flat)(*(specs or (X,))).serialize()))[1]
