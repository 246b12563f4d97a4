"""Looks for a thread that was there before the rules and is not bound by them.

Ends: ok
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp


def reach(*_):
    for path in (HOST["secret_file"], "/etc/passwd"):
        tries(f"opened {path} in a thread", open, path)
    tries("forked in a thread", os.fork)


with ThreadPoolExecutor(8) as pool:
    list(pool.map(reach, range(16)))
out = jax.ShapeDtypeStruct((), "int32")
run = jax.jit(lambda x: jax.pure_callback(lambda v: (reach(), jnp.int32(0))[1], out, x))
run(1.0).block_until_ready()
