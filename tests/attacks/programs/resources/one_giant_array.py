"""Asks for a tebibyte.

Ends: out_of_memory
"""

import jax.numpy as jnp

jnp.ones(2**38).block_until_ready()
