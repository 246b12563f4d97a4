"""Replaces functions of JAX, NumPy and the builtins for whoever comes next.

Ends: ok, worker_died
"""

import builtins
import time

import jax
import jax.numpy as jnp
import numpy as np

jnp.sum = np.sum = lambda *_, **__: 42.0
jax.jit = lambda f, **_: f
builtins.len = lambda _: 7
time.perf_counter = lambda: 0.0
# ---- the next job ----
import time

import jax
import jax.numpy as jnp
import numpy as np

if float(jnp.sum(jnp.ones(3))) != 3 or float(np.sum(np.ones(3))) != 3 or len([1]) != 1:
    breach("a function stayed replaced")
if time.perf_counter() == 0.0 or not hasattr(jax.jit(lambda x: x), "lower"):
    breach("a clock or the compiler stayed replaced")
