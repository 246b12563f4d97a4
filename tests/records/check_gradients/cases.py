"""What a case of the record is: module text, and what the tool must say of it."""

import string
from dataclasses import dataclass, field

PRELUDE = """\
import jax, optax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np
from flax import nnx
from jax import lax
"""
MAKERS = """
r = np.random.default_rng(7)
n = lambda *s: r.normal(size=s)
u = lambda *s: r.uniform(0.1, 0.9, size=s)
p = lambda *s: np.exp(r.normal(size=s))
c = lambda *s: n(*s) + 1j * n(*s)
spd = lambda k: (lambda a: a @ a.T / k + np.eye(k))(n(k, k))
i = lambda high, *s: r.integers(0, high, size=s)

def as_dtype(value, dtype):
    if isinstance(value, (dict, list, tuple)):
        return jax.tree.map(lambda v: as_dtype(v, dtype), value)
    if np.iscomplexobj(value):
        return jnp.asarray(value, {"float32": "complex64", "float64": "complex128"}[dtype])
    if np.issubdtype(np.asarray(value).dtype, np.integer):
        return jnp.asarray(value, "int32")
    return jnp.asarray(value, dtype)
"""
HERE = "# HERE"
"""Marks the line that must be named."""


@dataclass(frozen=True)
class Case:
    """A function whose derivatives are right or wrong, and what must be said of it."""

    name: str
    code: str
    kind: str = "pass"
    order: int = 1
    leaf: str = ""
    index: tuple[int, ...] | None = None
    rule: str = ""
    primitives: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def line(self) -> int | None:
        """The marked line, 1-based."""
        lines = (k for k, text in enumerate(self.code.splitlines(), 1) if HERE in text)
        return next(lines, None)


def of_expression(name: str, expression: str, arguments: str, setup: str = "") -> Case:
    """`fn(x, y, z, ...)` returns `expression`; `arguments` are made by the makers of MAKERS."""
    return Case(name, module(setup, f"return {expression}", arguments))


def module(setup: str, body: str, arguments: str) -> str:
    """Module text with `fn`, whose arguments are named x, y, z, a, b, ..., and `make_args`."""
    letters = ("xyz" + string.ascii_lowercase)[: count(arguments)]
    return (
        f"{PRELUDE}{setup}\n"
        f"def fn({', '.join(letters)}):\n    {body}\n"
        f"{MAKERS}\n"
        f"def make_args(dtype):\n    return as_dtype(({arguments},), dtype)\n"
    )


def count(arguments: str) -> int:
    """Number of expressions at the top level of a comma-separated text."""
    depth, commas = 0, 0
    for character in arguments:
        depth += (character in "([{") - (character in ")]}")
        commas += character == "," and depth == 0
    return commas + 1
