"""How strict JAX is where the tools' own arithmetic is tested."""

import jax

# Silent broadcasting and silent casts are where array bugs hide. Not jax_enable_x64: the tests run
# with the precision that ships.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
