"""Never leaves a compiled loop.

Ends: timed_out
Wall: 3 s
"""

import jax

# Odd numbers stay odd, so it never becomes 0; the compiler does not see that.
jax.jit(lambda x: jax.lax.while_loop(lambda v: v != 0, lambda v: v * 5 + 2, x))(1)
