"""Libraries whose own types are incomplete, as values of any type. Runs in the worker."""

from typing import Any, cast

import flax.nnx
import jax
import optax as optax_library

nnx = cast("Any", flax.nnx)
optax = cast("Any", optax_library)
tree = cast("Any", jax.tree)
jit = cast("Any", jax.jit)
grad = cast("Any", jax.grad)
