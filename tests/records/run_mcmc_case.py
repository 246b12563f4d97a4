"""One model with a known fault, or none, and the data that several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

HEAD = "import jax\nimport jax.numpy as jnp\nimport numpyro\nimport numpyro.distributions as dist\n"
"""Four lines: the model's own first line is line 5."""


@dataclass(frozen=True)
class Case:
    """One model, and what must be said of it."""

    name: str
    body: str
    data: Mapping[str, Any]
    status: str
    codes: tuple[str, ...] = ()
    """One of them must be among the reasons."""
    said: str = ""
    """Must stand in the site or evidence of that reason."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def model(self) -> str:
        """The text that is sent."""
        return HEAD + self.body


def regression() -> dict[str, Any]:
    """Ten rows of y = 1 + 2 x."""
    rng = np.random.default_rng(1)
    x = np.linspace(-1, 1, 40)
    return {"x": x.tolist(), "y": (1 + 2 * x + 0.3 * rng.normal(size=40)).tolist()}


def separated() -> dict[str, Any]:
    """Two modes 20 standard deviations apart."""
    rng = np.random.default_rng(2)
    return {"y": np.concatenate([rng.normal(-10, 1, 60), rng.normal(10, 1, 60)]).tolist()}


LINE = """def model(x, y):
    a = numpyro.sample("a", dist.Normal(0, 5))
    b = numpyro.sample("b", dist.Normal(0, 5))
    s = numpyro.sample("s", dist.HalfNormal(2))
"""
R = regression()
EIGHT = {"y": [28, 8, -3, 7, -1, 1, 18, 12], "sigma": [15, 10, 16, 11, 9, 11, 10, 18]}
MANY = {"y": np.random.default_rng(3).normal(3, 1, 50).tolist()}
