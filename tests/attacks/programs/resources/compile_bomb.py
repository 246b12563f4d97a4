"""Gives XLA a program that takes minutes to compile.

Ends: timed_out, out_of_memory, worker_died
Wall: 4 s
"""

import jax
import jax.numpy as jnp


def unrolled(x):
    for _ in range(10**6):
        x = jnp.sin(x) + jnp.cos(x)
    return x


jax.jit(unrolled)(1.0)
