"""Imports nlsq, which sets 64 bits and a compile cache for the whole process.

Ends: ok
Wall: 30 s
"""

import jax
import jax.numpy as jnp
import nlsq

if jnp.ones(1).dtype != "float32" or jax.config.jax_compilation_cache_dir:
    breach("importing nlsq changed JAX's configuration")
# ---- the next job ----
import jax
import jax.numpy as jnp

if jnp.ones(1).dtype != "float32" or jax.config.jax_compilation_cache_dir:
    breach("an earlier import of nlsq changed JAX's configuration")
