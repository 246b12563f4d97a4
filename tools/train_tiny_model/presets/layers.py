"""Layers that the presets share. Runs in the worker."""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

type Tensor = Any
"""A JAX array; Flax types what it returns in several ways."""


def by_row(layer: Any, x: Tensor) -> Tensor:
    """`layer` on the last axis of `x`, of shape (..., width), as one matrix of rows.

    The gradient of a weight then sums over one axis. Where it sums over two, XLA's compiler for
    CPUs transposes what it sums, and computes the activation before it anew in the wrong order:
    the dense part of a transformer takes some 3 times as long.
    """
    return layer(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)


class Conv2dMatmul(nnx.Module):
    """Stride-1 SAME convolution of channels-last images, as shifted slices and one matmul.

    XLA's convolution gradient inside a loop is some 20 times slower on a CPU; this form is not.
    """

    def __init__(self, c_in: int, c_out: int, size: int, *, rngs: nnx.Rngs) -> None:
        """`size` is odd: the kernel's height and width."""
        self.size = size
        init = nnx.initializers.he_normal()
        self.kernel = nnx.Param(init(rngs.params(), (size * size * c_in, c_out)))
        self.bias = nnx.Param(jnp.zeros(c_out))

    def __call__(self, x: Tensor) -> Tensor:
        """Shape (n, height, width, c_in) to (n, height, width, c_out)."""
        half = self.size // 2
        height, width = x.shape[1:3]
        padded = jnp.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
        taps = [
            padded[:, i : i + height, j : j + width]
            for i in range(self.size)
            for j in range(self.size)
        ]
        return by_row(self._product, jnp.concatenate(taps, -1))

    def _product(self, rows: Tensor) -> Tensor:
        return rows @ self.kernel[...] + self.bias[...]


def max_pool_2x2(x: Tensor) -> Tensor:
    """Largest of each 2 x 2 block, shape (n, h, w, c) with even h and w."""
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max((2, 4))


class RMSNorm(nnx.Module):
    """Scale to a root mean square of one.

    Source:
        B. Zhang, R. Sennrich, Root Mean Square Layer Normalization (2019), equation 4.
    """

    def __init__(self, width: int) -> None:
        """One gain a feature."""
        self.gain = nnx.Param(jnp.ones(width))

    def __call__(self, x: Tensor) -> Tensor:
        """Same shape."""
        size = jnp.sqrt(jnp.mean(jnp.square(x), -1, keepdims=True) + 1e-6)
        return x / size * self.gain[...]


def rotated(x: Tensor) -> Tensor:
    """Turn pairs of features by angles that grow with the position.

    Args:
        x: Shape (..., length, width), width even.

    Source:
        J. Su et al., RoFormer (2021), section 3.2.2.
    """
    length, width = x.shape[-2:]
    rates = 10_000.0 ** (-jnp.arange(0, width, 2, dtype=jnp.float32) / width)
    angles = jnp.arange(length, dtype=jnp.float32)[:, None] * rates
    cosine, sine = jnp.cos(angles).astype(x.dtype), jnp.sin(angles).astype(x.dtype)
    even, odd = x[..., ::2], x[..., 1::2]
    turned = jnp.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1)
    return turned.reshape(x.shape)


def attended(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax of query times key over each place and those before it, times value.

    What `jax.nn.dot_product_attention` gives, whose gradient takes 2 to 3 times as long on a CPU:
    it keeps the heads behind the places.

    Args:
        query: Shape (n, length, width), as are `key` and `value`; n counts rows times heads.
        key: Likewise.
        value: Likewise.

    Source:
        A. Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    length, width = query.shape[1:]
    scores = jnp.einsum("nqd,nkd->nqk", query, key, preferred_element_type=jnp.float32)
    is_seen = jnp.tril(jnp.ones((length, length), bool))
    scores = jnp.where(is_seen, scores * width**-0.5, float(np.finfo(np.float32).min))
    return jnp.einsum("nqk,nkd->nqd", jax.nn.softmax(scores, -1).astype(value.dtype), value)


class CausalConv(nnx.Module):
    """Each place's sum of a matrix times itself and the few places before it.

    What attention must first learn, to look at the characters just before, is there from the start.
    """

    def __init__(self, width: int, size: int, *, rngs: nnx.Rngs) -> None:
        """`size` places, the last of them the place itself."""
        self.size = size
        self.joint = nnx.Linear(size * width, width, use_bias=False, rngs=rngs)

    def __call__(self, x: Tensor) -> Tensor:
        """Shape (n, length, width)."""
        length = x.shape[1]
        padded = jnp.pad(x, ((0, 0), (self.size - 1, 0), (0, 0)))
        shifted = [padded[:, i : i + length] for i in range(self.size)]
        return by_row(self.joint, jnp.concatenate(shifted, -1))


class CausalAttention(nnx.Module):
    """Multi-head attention to what came before, with rotary positions."""

    def __init__(self, width: int, n_heads: int, *, is_rotary: bool, rngs: nnx.Rngs) -> None:
        """`width` is a multiple of `n_heads`."""
        self.n_heads, self.is_rotary = n_heads, is_rotary
        self.joint = nnx.Linear(width, 3 * width, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(width, width, use_bias=False, rngs=rngs)

    def __call__(self, x: Tensor) -> Tensor:
        """Shape (n, length, width)."""
        n, length, width = x.shape
        joint = by_row(self.joint, x).reshape(n, length, 3, self.n_heads, width // self.n_heads)
        query, key, value = joint.transpose(2, 0, 3, 1, 4).reshape(
            3, n * self.n_heads, length, width // self.n_heads
        )
        if self.is_rotary:
            query, key = rotated(query), rotated(key)
        mixed = attended(query, key, value).reshape(n, self.n_heads, length, -1)
        return by_row(self.out, mixed.transpose(0, 2, 1, 3).reshape(x.shape))


class Mlp(nnx.Module):
    """Dense layers with ReLU between them."""

    def __init__(
        self,
        widths: tuple[int, ...],
        *,
        rngs: nnx.Rngs,
        activation: Any = None,
        kernel_init: Any = None,
    ) -> None:
        """`widths` from input to output."""
        init = kernel_init or nnx.initializers.he_normal()
        self.layers = nnx.List(
            [nnx.Linear(a, b, kernel_init=init, rngs=rngs) for a, b in pairwise(widths[:-1])]
        )
        small = nnx.initializers.variance_scaling(0.1, "fan_in", "normal")
        self.head = nnx.Linear(widths[-2], widths[-1], kernel_init=small, rngs=rngs)
        self.activation = activation or jax.nn.relu

    def __call__(self, x: Tensor) -> Tensor:
        """Shape (n, ...), flattened, to (n, widths[-1])."""
        x = x.reshape(len(x), -1)
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.head(x)
