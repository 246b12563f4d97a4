"""What the outputs of a caller's model stand for."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from jax_workbench.tools.train_tiny_model.losses import cross_entropy
from jax_workbench.tools.train_tiny_model.metrics import binary_accuracy
from jax_workbench.tools.train_tiny_model.outputs import meaning_of
from jax_workbench.tools.train_tiny_model.rows import Array, Rows

X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)


class Linear(nnx.Module):
    """As many outputs as asked for."""

    def __init__(self, n: int, seed: int, *, is_share: bool = False) -> None:
        """One layer from two inputs."""
        self.head = nnx.Linear(2, n, rngs=nnx.Rngs(seed))
        self.is_share = is_share

    def __call__(self, x: Any) -> Any:
        """Shape (n, 2) to (n, outputs)."""
        return nnx.sigmoid(self.head(x)) if self.is_share else self.head(x)


def usual(model: Any, batch: Any, key: Any) -> Any:
    """Cross-entropy of logits."""
    del key
    return cross_entropy(model(batch[0]), batch[1])


def other(model: Any, batch: Any, key: Any) -> Any:
    """Something else."""
    del key
    return jnp.mean(model(batch[0]) ** 2) + 0 * batch[1].sum()


def rows(y: Any) -> Rows:
    """Fixed inputs with these targets."""
    return Rows(X, np.asarray(y))


THREE: Array = np.arange(30) % 3


@pytest.mark.parametrize(
    ("n", "y", "own", "kind", "n_classes"),
    [
        (1, np.arange(30) % 2, other, "one_logit", 2),
        (1, (np.arange(30) % 2).astype(np.float32), other, "one_logit", 2),
        (3, THREE, None, "logits", 3),
        (8, THREE, usual, "logits", 8),
        (8, THREE, other, "unknown", None),
        (1, X[:, 0], other, "numbers", None),
        (2, X[:, 0], other, "unknown", None),
    ],
)
def test_outputs_are_read_by_their_shape_and_by_what_the_loss_makes_of_them(
    n: int, y: Any, own: Any, kind: str, n_classes: int | None
) -> None:
    targets = "classes" if np.asarray(y).dtype.kind in "iu" else "numbers"

    meaning = meaning_of((30, n), targets, rows(y), lambda seed: Linear(n, seed), own)

    assert meaning.kind == kind
    assert meaning.n_classes == n_classes
    assert (meaning.metric is None) == (kind == "unknown")


def test_one_output_is_split_at_zero_or_where_it_is_a_share_at_a_half() -> None:
    y = jnp.array([1, 0, 1, 0])

    of_logits, _ = binary_accuracy().rows(jnp.array([[2.0], [-1.0], [-3.0], [-0.1]]), y)
    of_shares, _ = binary_accuracy(0.5).rows(jnp.array([0.9, 0.2, 0.4, 0.6]), y)

    assert np.asarray(of_logits).tolist() == [1, 1, 0, 1]
    assert np.asarray(of_shares).tolist() == [1, 1, 0, 0]
