"""Starts JAX's own coordinator and profiler, servers written in C++.

Ends: ok, worker_died
Wall: 10 s
"""

import jax


def coordinate():
    jax.distributed.initialize("127.0.0.1:0", 1, 0, initialization_timeout=1)


tries("started a coordinator", coordinate)
try:
    jax.profiler.start_server(0)
except Exception as error:
    print(error)
refused("socket", 10, 1, 0)
