"""Names that mean the same, and families of names."""

import re
from typing import Final

from jax_workbench.tools.lint_jax_code.engine.values import DIFFERENTIATED, MAPPED, STAGED

ACTIVATIONS: Final = ("relu", "sigmoid", "softmax", "log_softmax", "softplus", "gelu", "tanh")
"""Functions of jax.nn that Flax gives again."""
SAME: Final = {
    "jax.remat": "jax.checkpoint",
    "jax.ad_checkpoint.checkpoint": "jax.checkpoint",
    "jax.ad_checkpoint.remat": "jax.checkpoint",
    "jax.experimental.pjit.pjit": "jax.jit",
    "jax.random.PRNGKey": "jax.random.key",
    "jax.lax.stop_gradient": "jax.lax.stop_gradient",
    "jax.tree_util.tree_map": "jax.tree.map",
    "jax.tree_util.Partial": "functools.partial",
    "jax.experimental.shard_map.shard_map": "jax.shard_map",
    "jax.numpy.max": "jax.numpy.max",
    "jax.numpy.absolute": "jax.numpy.abs",
    "jax.numpy.array_split": "jax.numpy.split",
    "jax.jacobian": "jax.jacrev",
    "jax.nn.logsumexp": "jax.scipy.special.logsumexp",
    "flax.nnx.remat": "flax.nnx.checkpoint",
    "flax.nnx.helpers.Sequential": "flax.nnx.Sequential",
    "numpyro.primitives.sample": "numpyro.sample",
    "flax.linen.Module": "flax.linen.Module",
}

TRANSFORMS: Final = {
    "jax.jit": ("jit", STAGED),
    "jax.pjit": ("jit", STAGED),
    "flax.nnx.jit": ("jit", STAGED),
    "flax.linen.jit": ("lifted_jit", STAGED),
    "equinox.filter_jit": ("filter_jit", STAGED),
    "jax.pmap": ("pmap", STAGED),
    "flax.nnx.pmap": ("pmap", STAGED),
    "jax.checkpoint": ("checkpoint", STAGED),
    "flax.nnx.checkpoint": ("checkpoint", STAGED),
    "jax.make_jaxpr": ("make_jaxpr", STAGED),
    "jax.vmap": ("vmap", MAPPED),
    "flax.nnx.vmap": ("vmap", MAPPED),
    "equinox.filter_vmap": ("filter_vmap", MAPPED),
    "jax.numpy.vectorize": ("vectorize", MAPPED),
    "jax.shard_map": ("shard_map", MAPPED),
    "flax.nnx.shard_map": ("shard_map", MAPPED),
    "jax.grad": ("grad", DIFFERENTIATED),
    "jax.value_and_grad": ("value_and_grad", DIFFERENTIATED),
    "flax.nnx.grad": ("grad", DIFFERENTIATED),
    "flax.nnx.value_and_grad": ("value_and_grad", DIFFERENTIATED),
    "equinox.filter_grad": ("filter_grad", DIFFERENTIATED),
    "equinox.filter_value_and_grad": ("filter_value_and_grad", DIFFERENTIATED),
    "jax.jacfwd": ("jacfwd", DIFFERENTIATED),
    "jax.jacrev": ("jacrev", DIFFERENTIATED),
    "jax.hessian": ("hessian", DIFFERENTIATED),
    "jax.custom_vjp": ("custom_vjp", DIFFERENTIATED),
    "jax.custom_jvp": ("custom_jvp", DIFFERENTIATED),
    "jax.custom_gradient": ("custom_gradient", DIFFERENTIATED),
    "jax.named_call": ("named_call", 0),
}
"""Functions that take a function and give one: a canonical name, and how strongly they trace."""

DIFFERENTIATING: Final = frozenset(
    ("grad", "value_and_grad", "jacfwd", "jacrev", "hessian", "filter_grad")
)
JITS: Final = frozenset(("jit", "pmap"))

JNP_STATIC: Final = frozenset(
    [
        "ndim",
        "shape",
        "size",
        "issubdtype",
        "result_type",
        "iscomplexobj",
        "isrealobj",
        "isdtype",
        "dtype",
        "finfo",
        "iinfo",
        "promote_types",
        "can_cast",
        "isscalar",
        "iterable",
        "get_printoptions",
        "einsum_path",
        "broadcast_shapes",
    ]
)
"""Functions of jax.numpy whose results are concrete, whatever they are given."""

JNP_SEVERAL: Final = frozenset(
    [
        "split",
        "array_split",
        "hsplit",
        "vsplit",
        "dsplit",
        "meshgrid",
        "nonzero",
        "where1",
        "broadcast_arrays",
        "divmod",
        "frexp",
        "modf",
        "histogram",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "atleast_1d_many",
        "svd",
        "eigh",
        "eig",
        "qr",
        "slogdet",
        "lstsq",
        "ix_",
        "tril_indices",
        "triu_indices",
        "gradient",
        "unstack",
        "top_k",
        "sort_key_val",
    ]
)
DTYPES: Final = frozenset(
    [
        "bool_",
        "int4",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint4",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "complex64",
        "complex128",
        "float_",
        "int_",
        "complex_",
        "single",
        "double",
        "csingle",
        "cdouble",
        "float8_e4m3fn",
        "float8_e5m2",
    ]
)
SHAPES: Final = frozenset(("shape", "ndim", "size", "itemsize", "nbytes"))
ARRAY_METHODS: Final = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "astype",
        "choose",
        "clip",
        "compress",
        "conj",
        "conjugate",
        "copy",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "flatten",
        "item",
        "max",
        "mean",
        "min",
        "nonzero",
        "prod",
        "ravel",
        "repeat",
        "reshape",
        "round",
        "searchsorted",
        "sort",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "tolist",
        "trace",
        "transpose",
        "var",
        "view",
        "block_until_ready",
        "addressable_data",
        "copy_to_host_async",
        "delete",
        "is_deleted",
        "on_device_size_in_bytes",
        "tobytes",
        "argpartition",
    ]
)
ARRAY_PROPERTIES: Final = frozenset(("T", "mT", "real", "imag", "flat"))
KEY_TYPES: Final = frozenset(("key", "PRNGKey", "wrap_key_data"))
SAMPLERS: Final = frozenset(
    [
        "ball",
        "bernoulli",
        "beta",
        "binomial",
        "bits",
        "categorical",
        "cauchy",
        "chisquare",
        "choice",
        "dirichlet",
        "double_sided_maxwell",
        "exponential",
        "f",
        "gamma",
        "generalized_normal",
        "geometric",
        "gumbel",
        "laplace",
        "loggamma",
        "logistic",
        "lognormal",
        "maxwell",
        "multinomial",
        "multivariate_normal",
        "normal",
        "orthogonal",
        "pareto",
        "permutation",
        "poisson",
        "rademacher",
        "randint",
        "rayleigh",
        "shuffle",
        "t",
        "triangular",
        "truncated_normal",
        "uniform",
        "wald",
        "weibull_min",
    ]
)
COLLECTIVES: Final = {
    "psum": 1,
    "pmean": 1,
    "pmax": 1,
    "pmin": 1,
    "ppermute": 1,
    "all_gather": 1,
    "all_to_all": 1,
    "psum_scatter": 1,
    "axis_index": 0,
    "axis_size": 0,
    "pshuffle": 1,
}
OVER_TREES: Final = frozenset(["psum", "pmean", "pmax", "pmin", "ppermute", "all_gather"])
"""Collectives that take a tree and give one."""
INTERESTING: Final = re.compile(
    r"\b(jax|jnp|flax|nnx|optax|orbax|ocp|numpyro|nlsq|lax|jit|vmap|grad|equinox|eqx|chex)\b"
)


def canonical(dotted: str) -> str:
    """The name under which the analysis knows a library's function."""
    return SAME.get(dotted, dotted)


SAME.update({f"flax.{m}.{w}": f"jax.nn.{w}" for m in ("nnx", "linen") for w in ACTIVATIONS})


def is_jnp(name: str) -> bool:
    """Whether it is a function on arrays: what it gives is abstract in staged code."""
    return name.startswith(
        ("jax.numpy.", "jax.lax.", "jax.nn.", "jax.scipy.", "jax.image.", "jax.ops.")
    ) and not name.startswith("jax.nn.initializers.")


def last(dotted: str) -> str:
    """The part behind the last dot."""
    return dotted.rpartition(".")[2]
