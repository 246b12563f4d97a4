"""Changes JAX's configuration: width of floats, checks, default device, log level.

Ends: ok
"""

import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_debug_nans", True)
jax.config.update("jax_disable_jit", True)
jax.config.update("jax_default_matmul_precision", "float32")
# ---- the next job ----
import jax
import jax.numpy as jnp

if jnp.ones(1).dtype != "float32" or jax.config.jax_disable_jit or jax.config.jax_debug_nans:
    breach("JAX's configuration stayed changed")
