"""Bessel functions of the first kind, which JAX lacks in double precision. Runs in the worker."""

import math

import jax
import jax.numpy as jnp

N_NODES = 64
"""Nodes of the trapezoidal rule; it is exact to rounding for arguments below BORDER."""
BORDER = 25.0
"""From here the asymptotic series has terms below 1e-16 before it diverges."""
N_TERMS = 12


def j0(x: jax.Array) -> jax.Array:
    """Bessel function of order 0, elementwise."""
    return bessel(0, x)


def j1(x: jax.Array) -> jax.Array:
    """Bessel function of order 1, elementwise."""
    return bessel(1, x)


def bessel(order: int, x: jax.Array) -> jax.Array:
    """J of order 0 or 1.

    Near zero Bessel's integral by the trapezoidal rule, whose error is J of order 2 * N_NODES;
    beyond, Hankel's asymptotic series.

    Source:
        NIST Digital Library of Mathematical Functions, 10.9.2 and 10.17.3.
    """
    size = jnp.abs(x)
    near = integral(order, jnp.minimum(size, BORDER))
    far = asymptotic(order, jnp.maximum(size, BORDER))
    value = jnp.where(size < BORDER, near, far)
    return value if order % 2 == 0 else jnp.sign(x) * value


def integral(order: int, x: jax.Array) -> jax.Array:
    """Mean of cos(order t - x sin t) over N_NODES midpoints of half a turn."""
    total = jnp.zeros_like(x)
    for k in range(N_NODES):
        t = math.pi * (k + 0.5) / N_NODES
        total = total + jnp.cos(order * t - x * math.sin(t))
    return total / N_NODES


def asymptotic(order: int, x: jax.Array) -> jax.Array:
    """Hankel's expansion."""
    mu = 4.0 * order**2
    even, odd, term = jnp.ones_like(x), jnp.zeros_like(x), jnp.ones_like(x)
    for k in range(1, 2 * N_TERMS):
        term = term * ((mu - (2 * k - 1) ** 2) / (8.0 * k)) / x
        sign = (-1.0) ** (k // 2)
        if k % 2:
            odd = odd + sign * term
        else:
            even = even + sign * term
    phase = x - (order / 2 + 0.25) * math.pi
    return jnp.sqrt(2 / (math.pi * x)) * (jnp.cos(phase) * even - jnp.sin(phase) * odd)
