"""Squared distances between the rows of two arrays."""

import jax


def distances(a: jax.Array, b: jax.Array) -> jax.Array:
    """(n, d) and (m, d) to (n, m)."""
    squares = (a * a).sum(-1)[:, None] + (b * b).sum(-1)[None]
    return squares - 2 * a @ b.T
