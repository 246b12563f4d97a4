"""Names that everybody imports the same way, and what they mean."""

import builtins
from typing import Final

WELL_KNOWN: Final = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "np": "import numpy as np",
    "lax": "from jax import lax",
    "nnx": "from flax import nnx",
    "nn": "from flax import linen as nn",
    "flax": "import flax",
    "optax": "import optax",
    "ocp": "import orbax.checkpoint as ocp",
    "numpyro": "import numpyro",
    "dist": "import numpyro.distributions as dist",
    "partial": "from functools import partial",
    "functools": "import functools",
    "P": "from jax.sharding import PartitionSpec as P",
    "PartitionSpec": "from jax.sharding import PartitionSpec",
    "NamedSharding": "from jax.sharding import NamedSharding",
    "Mesh": "from jax.sharding import Mesh",
    "jit": "from jax import jit",
    "vmap": "from jax import vmap",
    "grad": "from jax import grad",
    "value_and_grad": "from jax import value_and_grad",
    "random": "from jax import random",
    "math": "import math",
    "time": "import time",
    "os": "import os",
    "chex": "import chex",
    "numpy": "import numpy",
    "scipy": "import scipy",
    "dataclasses": "import dataclasses",
    "dataclass": "from dataclasses import dataclass",
    "NamedTuple": "from typing import NamedTuple",
    "plt": "import matplotlib.pyplot as plt",
    "eqx": "import equinox as eqx",
    "MCMC": "from numpyro.infer import MCMC",
    "NUTS": "from numpyro.infer import NUTS",
}
"""Names that everybody imports the same way."""

MEANING: Final = {
    "jnp": "jax.numpy",
    "np": "numpy",
    "lax": "jax.lax",
    "nnx": "flax.nnx",
    "nn": "flax.linen",
    "ocp": "orbax.checkpoint",
    "dist": "numpyro.distributions",
    "partial": "functools.partial",
    "P": "jax.sharding.PartitionSpec",
    "PartitionSpec": "jax.sharding.PartitionSpec",
    "NamedSharding": "jax.sharding.NamedSharding",
    "Mesh": "jax.sharding.Mesh",
    "jit": "jax.jit",
    "vmap": "jax.vmap",
    "grad": "jax.grad",
    "value_and_grad": "jax.value_and_grad",
    "random": "random",
    "dataclass": "dataclasses.dataclass",
    "NamedTuple": "typing.NamedTuple",
    "plt": "matplotlib.pyplot",
    "eqx": "equinox",
    "MCMC": "numpyro.infer.MCMC",
    "NUTS": "numpyro.infer.NUTS",
}

BUILTINS: Final = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__builtins__",
    "__spec__",
    "__package__",
    "__path__",
    "__loader__",
    "__annotations__",
    "__class__",
    "__module__",
    "__qualname__",
    "__debug__",
    "reveal_type",
    "WindowsError",
    "display",
    "get_ipython",
}
HANDED_ON: Final = frozenset(
    [
        *("sum", "mean", "prod", "max", "min", "amax", "amin", "std", "var", "any", "all"),
        *("argmax", "argmin", "cumsum", "cumprod", "transpose", "reshape", "squeeze", "round"),
        *("repeat", "swapaxes", "real", "imag", "moveaxis", "flip"),
    ]
)
"""NumPy calls the method of that name, which a tracer has."""
