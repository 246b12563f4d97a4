"""Texts that the calls of the tests are made of."""

from dataclasses import dataclass, field
from typing import Any

HEAD = """import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

"""
CLASSES = """def make_data(seed):
    rng = np.random.default_rng(seed)
    y = np.arange(400) % 3
    x = rng.normal(0, 0.7, (400, 5)).astype(np.float32)
    x[:, 0] += np.array([-2.0, 0.0, 2.0])[y]
    x[:, 1] += np.array([0.0, 2.0, 0.0])[y]
    return x, y.astype(np.int32)

"""
NUMBERS = """def make_data(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 5)).astype(np.float32)
    y = (x @ np.array([1.0, -2.0, 0.5, 0.0, 1.0]) + 0.3 * rng.normal(size=400)).astype(np.float32)
    return x, y

"""
MODEL = """class Model(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(5, 32, rngs=rngs)
        self.second = nnx.Linear(32, 32, rngs=rngs)
        self.head = nnx.Linear(32, {n}, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.first(x))
        x = nnx.relu(self.second(x))
        return {out}

"""
MEAN_SQUARE = """def loss_fn(model, batch):
    x, y = batch
    return jnp.mean((model(x) - y) ** 2)

"""
CROSS_ENTROPY = """def loss_fn(model, batch):
    x, y = batch
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()

"""


def model(n: int = 3, out: str = "self.head(x)") -> str:
    """Text of a model with `n` outputs."""
    return MODEL.format(n=n, out=out)


@dataclass(frozen=True)
class Case:
    """One call; `code` is empty for a healthy one."""

    name: str
    text: str
    code: str = ""
    status: str = ""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    says: str = ""
    """Stands in the evidence or the fix."""
    at: str = ""
    """Source of the line that must be named."""


def line_of(case: Case) -> int | None:
    """Number of the line that `case.at` stands in."""
    lines = case.text.splitlines()
    return (
        next((i for i, line in enumerate(lines, 1) if case.at in line), None) if case.at else None
    )
