"""How well it does: a ratio of two sums over rows, and its interval. Runs in the worker."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 1000
Z = 1.959963984540054
"""Of a 95 % interval."""

type Floats = NDArray[np.float64]
type Outputs = Any


@dataclass(frozen=True)
class Metric:
    """A quantity that is a function of `sum(numerators) / sum(denominators)` over rows."""

    name: str
    is_higher_better: bool
    rows: Callable[[Outputs, Any], tuple[jax.Array, jax.Array]]
    """(outputs, targets) -> numerator and denominator of each row, shape (n,)."""
    baseline_rows: Callable[[Any, Any], tuple[Any, Any]]
    """(training targets, targets) -> the same of the best guess that ignores the inputs."""
    of_ratio: Callable[[float], float] = float
    is_share: bool = False
    """Each row counts one or none."""
    is_relative: bool = False
    """The denominators are what the baseline costs, which the outputs do not tell."""

    def value(self, numerators: Floats, denominators: Floats) -> float:
        """The metric over all rows."""
        total = float(denominators.sum())
        return self.of_ratio(float(numerators.sum()) / total) if total > 0 else math.nan

    def is_better(self, a: float, b: float) -> bool:
        """Whether `a` is better than `b`."""
        return a > b if self.is_higher_better else a < b


def interval(metric: Metric, rows: tuple[Floats, Floats], seed: int = 0) -> tuple[float, float]:
    """95 % interval: Wilson's for shares, else the bootstrap's over rows.

    Source:
        E. B. Wilson, Probable inference (1927); B. Efron, Bootstrap methods (1979), percentiles.
    """
    numerators, denominators = rows
    n = len(numerators)
    if metric.is_share:
        return wilson(float(numerators.sum()), n)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, n, (N_RESAMPLES, n)) if n <= 5000 else None  # noqa: PLR2004
    if drawn is None:
        # Poisson weights stand for the multinomial ones where n is large.
        weights = rng.poisson(1.0, (N_RESAMPLES // 4, n))
        tops, bottoms = weights @ numerators, weights @ denominators
    else:
        tops, bottoms = numerators[drawn].sum(1), denominators[drawn].sum(1)
    kept = bottoms > 0
    ratios = np.array([metric.of_ratio(r) for r in tops[kept] / bottoms[kept]])
    if not len(ratios) or not np.isfinite(ratios).all():
        return math.nan, math.nan
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def wilson(n_right: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if n == 0:
        return 0.0, 1.0
    p = n_right / n
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def one_minus(ratio: float) -> float:
    """As r2 is made of the residual share of the variance."""
    return 1.0 - ratio


def accuracy() -> Metric:
    """Share of rows whose largest output is their class."""

    def rows(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
        right = (outputs.argmax(-1) == y).reshape(len(y), -1).mean(-1)
        return right, jnp.ones_like(right)

    def baseline(train_y: Any, y: Any) -> tuple[Any, Any]:
        values, counts = np.unique(np.asarray(train_y), return_counts=True)
        right = (np.asarray(y) == values[counts.argmax()]).reshape(len(y), -1).mean(-1)
        return right, np.ones(len(right))

    return Metric("accuracy", True, rows, baseline, is_share=True)


def binary_accuracy(threshold: float = 0.0) -> Metric:
    """Share of rows whose one output lies on the right side of `threshold`."""
    usual = accuracy()

    def rows(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
        said = outputs.reshape(len(y), -1)[:, 0] > threshold
        right = (said == (y.reshape(len(y), -1)[:, 0] > 0)).astype(jnp.float32)
        return right, jnp.ones_like(right)

    return Metric("accuracy", True, rows, usual.baseline_rows, is_share=True)


def exact_match() -> Metric:
    """Share of rows whose every scored token is right.

    With greedy decoding this is the share of right answers: the first wrong token ends both.
    """

    def rows(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
        right = ((outputs.argmax(-1) == y) | (y < 0)).all(-1).astype(jnp.float32)
        return right, jnp.ones_like(right)

    def baseline(train_y: Any, y: Any) -> tuple[Any, Any]:
        train, own = np.asarray(train_y), np.asarray(y)
        columns = [np.unique(c[c >= 0], return_counts=True) for c in train.T]
        guess = np.array([v[n.argmax()] if len(v) else -1 for v, n in columns])
        right = ((own == guess) | (own < 0)).all(-1).astype(float)
        return right, np.ones(len(right))

    return Metric("exact_match", True, rows, baseline, is_share=True)


def bits_per_char() -> Metric:
    """Mean information of the next character, in bits."""

    def rows(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
        logs = jax.nn.log_softmax(outputs.astype(jnp.float32), -1)
        own = jnp.take_along_axis(logs, jnp.maximum(y, 0)[..., None], -1)[..., 0]
        scored = (y >= 0).astype(jnp.float32)
        return -(own * scored).sum(-1) / math.log(2), scored.sum(-1)

    def baseline(train_y: Any, y: Any) -> tuple[Any, Any]:
        train, own = np.asarray(train_y), np.asarray(y)
        size = int(max(train.max(), own.max())) + 1
        counts = np.bincount(train[train >= 0].ravel(), minlength=size) + 1.0
        bits = -np.log2(counts / counts.sum())
        scored = own >= 0
        return (bits[np.maximum(own, 0)] * scored).sum(-1), scored.sum(-1).astype(float)

    return Metric("bits_per_char", False, rows, baseline)


def r2() -> Metric:
    """One minus the residual share of the variance around the training mean."""
    return Metric("r2", True, squared_errors, mean_errors, of_ratio=one_minus, is_relative=True)


def rmse() -> Metric:
    """Root of the mean squared error."""

    def rows(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
        error, _ = squared_errors(outputs, y)
        return error, jnp.full_like(error, math.prod(y.shape[1:]))

    def baseline(train_y: Any, y: Any) -> tuple[Any, Any]:
        error, _ = mean_errors(train_y, y)
        return error, np.full_like(error, math.prod(y.shape[1:]))

    return Metric("rmse", False, rows, baseline, of_ratio=math.sqrt)


def squared_errors(outputs: Outputs, y: Any) -> tuple[jax.Array, jax.Array]:
    """Squared residuals of each row."""
    n = len(y)
    found = outputs.reshape(n, -1).astype(jnp.float32)
    error = ((found - y.reshape(n, -1).astype(jnp.float32)) ** 2).sum(-1)
    return error, jnp.ones_like(error)


def mean_errors(train_y: Any, y: Any) -> tuple[Any, Any]:
    """What predicting the training mean costs."""
    flat = np.asarray(y, float).reshape(len(y), -1)
    mean = np.asarray(train_y, float).reshape(len(train_y), -1).mean(0)
    error = ((flat - mean) ** 2).sum(-1)
    return error, error


METRICS: dict[str, Callable[[], Metric]] = {
    "accuracy": accuracy,
    "exact_match": exact_match,
    "bits_per_char": bits_per_char,
    "r2": r2,
    "rmse": rmse,
}
"""By name."""
