"""Losses by name, and what they should be before anything was learnt. Runs in the worker."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.rows import Array
from jax_workbench.tools.train_tiny_model.untyped import optax

type Loss = Callable[[Any, Any], Any]


def cross_entropy(outputs: Any, y: Any) -> Any:
    """Mean cross-entropy of logits; a target of -1 is not counted."""
    rows = optax.softmax_cross_entropy_with_integer_labels(
        outputs.astype(jnp.float32), jnp.maximum(y, 0)
    )
    scored = (y >= 0).astype(jnp.float32)
    return (rows * scored).sum() / jnp.maximum(scored.sum(), 1.0)


def binary_cross_entropy(outputs: Any, y: Any) -> Any:
    """Mean cross-entropy of one logit a row and classes 0 and 1."""
    logits = outputs.reshape(y.shape).astype(jnp.float32)
    return optax.sigmoid_binary_cross_entropy(logits, y.astype(jnp.float32)).mean()


def mse(outputs: Any, y: Any) -> Any:
    """Mean squared error, shapes matched by their number of entries."""
    return jnp.mean((outputs.reshape(y.shape).astype(jnp.float32) - y) ** 2)


def huber(outputs: Any, y: Any) -> Any:
    """Huber's loss with its corner at 1."""
    return jnp.mean(optax.huber_loss(outputs.reshape(y.shape).astype(jnp.float32), y))


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "mse": mse, "huber": huber}


def loss_named(name: str, *, is_classes: bool) -> tuple[str, Loss]:
    """The loss that was asked for, or the usual one for such targets."""
    chosen = name or ("cross_entropy" if is_classes else "mse")
    if chosen not in LOSSES:
        raise ToolError(
            "bad_argument",
            f"loss: there is no loss called {name!r}.",
            f"Use {', '.join(LOSSES)}, or model custom with an own loss_fn.",
        )
    if is_classes != (chosen == "cross_entropy"):
        kind = "classes" if is_classes else "real numbers"
        raise ToolError(
            "bad_argument",
            f"loss: {chosen} does not fit targets that are {kind}.",
            "Leave loss empty, or set task to classification or regression.",
        )
    return chosen, LOSSES[chosen]


def expected_loss(name: str, y: Array, n_outputs: int) -> tuple[float | None, str]:
    """What an untrained model should cost, and the rule."""
    if name == "cross_entropy":
        return math.log(n_outputs), f"ln {n_outputs}: all outputs equally likely"
    if name == "mse":
        flat = np.asarray(y, float).reshape(len(y), -1)
        return float(np.mean(flat**2)), "mean square of the targets: outputs near zero"
    return None, ""
