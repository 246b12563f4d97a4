"""Hangs inside a callback from compiled code.

Ends: timed_out
Wall: 3 s
"""

import time

import jax

jax.jit(lambda: jax.pure_callback(lambda: time.sleep(1e6), jax.ShapeDtypeStruct((), "int32")))()
