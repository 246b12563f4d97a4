"""Turns on the compile cache and leaves a program in it.

Ends: ok
"""

import jax

jax.config.update("jax_compilation_cache_dir", "/tmp/cache")
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
print(jax.jit(lambda x: x + 1)(1.0))
# ---- the next job ----
import os

import jax

if jax.config.jax_compilation_cache_dir or os.path.exists("/tmp/cache"):
    breach("the compile cache is still there")
if jax.config.jax_enable_compilation_cache and jax.config.jax_compilation_cache_dir:
    breach("a job has a compile cache")
