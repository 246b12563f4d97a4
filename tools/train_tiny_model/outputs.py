"""What the outputs of the caller's own model stand for. Runs in the worker."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from jax_workbench.tools.train_tiny_model.losses import cross_entropy
from jax_workbench.tools.train_tiny_model.metrics import (
    Metric,
    accuracy,
    binary_accuracy,
    bits_per_char,
    r2,
)
from jax_workbench.tools.train_tiny_model.problem import inference_view
from jax_workbench.tools.train_tiny_model.rows import Array, Kind, Rows

N_ROWS = 64
SAME = 1e-3
"""Relative difference of two losses that are one."""

type Loss = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True)
class Meaning:
    """How outputs are read, and the score that goes with it."""

    kind: Literal["logits", "one_logit", "numbers", "unknown"]
    metric: Metric | None
    n_classes: int | None = None


def meaning_of(
    shape: tuple[int, ...], kind: Kind, rows: Rows, build: Callable[[int], Any], own: Loss | None
) -> Meaning:
    """Read the outputs' shape, and where that leaves it open what the caller's loss makes of them.

    Args:
        shape: Of the outputs of a few rows.
        kind: Of the targets.
        rows: Training rows.
        build: Makes a model from a seed.
        own: The caller's loss, or None.
    """
    n_values = math.prod(shape[1:])
    if rows.y.ndim <= 2 and n_values == 1 and is_binary(rows.y) and (kind == "classes" or own):  # noqa: PLR2004 - (n,) or (n, 1)
        outputs = first_outputs(build, rows)
        is_share = bool((outputs >= 0).all() and (outputs <= 1).all())
        return Meaning("one_logit", binary_accuracy(0.5 if is_share else 0.0), 2)
    if kind in {"classes", "tokens"}:
        if len(shape) != rows.y.ndim + 1:
            return Meaning("unknown", None)
        n = int(shape[-1])
        labels = rows.y[~np.isnan(rows.y.astype(float))]
        is_usual = own is None or not len(labels) or n == int(labels.max()) + 1
        if is_usual or takes_logits(build, rows, own, n):
            return Meaning("logits", (accuracy if kind == "classes" else bits_per_char)(), n)
        return Meaning("unknown", None)
    if n_values == math.prod(rows.y.shape[1:]):
        return Meaning("numbers", r2())
    return Meaning("unknown", None)


def is_binary(y: Array) -> bool:
    """Whether both 0 and 1 are there, and nothing else."""
    return set(np.unique(y).tolist()) == {0, 1}


def first_outputs(build: Callable[[int], Any], rows: Rows) -> Any:
    """What an untrained model says of the first rows."""
    return inference_view(build(0))(jnp.asarray(rows.x[:N_ROWS]))


def takes_logits(build: Callable[[int], Any], rows: Rows, own: Loss | None, n: int) -> bool:
    """Whether the caller's loss is the cross-entropy of the outputs, on rows with valid labels."""
    flat = rows.y.reshape(len(rows), -1)
    kept = np.flatnonzero((flat >= 0).all(1) & (flat < n).all(1))[:N_ROWS]
    if own is None or not len(kept):
        return True
    few = rows.take(kept)
    batch = (jnp.asarray(few.x), jnp.asarray(few.y))
    model = inference_view(build(0))
    plain = float(cross_entropy(model(batch[0]), batch[1]))
    said = float(own(model, batch, jax.random.key(0)))
    return abs(said - plain) < SAME * max(1.0, plain)
