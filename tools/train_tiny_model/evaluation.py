"""Loss and score of a model on rows it does not train on. Runs in the worker."""

import math
import time
from functools import partial
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.train_tiny_model.metrics import Floats
from jax_workbench.tools.train_tiny_model.problem import Problem, inference_view
from jax_workbench.tools.train_tiny_model.rows import Rows
from jax_workbench.tools.train_tiny_model.untyped import jit, nnx

BATCH = 256
MAX_WATCHED = 1024
"""Validation rows that the curve looks at."""
MAX_WATCHED_TARGETS = 32_768
"""Numbers or tokens asked for in these rows: fewer rows where each asks for many."""
MAX_SCORED_TRAIN = 2048
MAX_SCORED_TARGETS = 131_072


def first_of(rows: Rows, most_rows: int, most_targets: int) -> Rows:
    """The first rows, so many that both limits are kept."""
    n = min(most_rows, max(1, most_targets // max(1, math.prod(rows.y.shape[1:]))))
    return Rows(rows.x[:n], rows.y[:n])


def watched(rows: Rows) -> Rows:
    """Of the validation rows, those that are looked at again and again."""
    return first_of(rows, MAX_WATCHED, MAX_WATCHED_TARGETS)


def scored(rows: Rows) -> Rows:
    """Of the training rows, those that are scored."""
    return first_of(rows, MAX_SCORED_TRAIN, MAX_SCORED_TARGETS)


class Evaluator:
    """Compiled once, for batches of one size."""

    def __init__(self, problem: Problem, graphdef: Any) -> None:
        """Batches are as large as the smallest part allows, up to `BATCH`."""
        self.problem = problem
        self.size = min(BATCH, len(problem.split.validation))
        self._key = jax.random.key(20_177)
        self._both = jit(partial(self._seen, graphdef))
        self._row_s = math.inf

    def _seen(  # noqa: PLR0913, PLR0917 - as a compiled function is called
        self, graphdef: Any, params: Any, rest: Any, x: Any, y: Any, key: Any
    ) -> tuple[Any, Any]:
        """Loss of a batch, and the metric's parts of its rows: one program serves for both."""
        model = inference_view(nnx.merge(graphdef, params, rest, copy=True))
        metric = self.problem.metric
        loss = self.problem.loss(model, (x, y), key)
        return loss, metric.rows(self.problem.forward(model, x), y) if metric else ()

    def loss(self, params: Any, rest: Any, rows: Rows) -> float:
        """Mean loss over whole batches of the first rows."""
        rows = watched(rows)
        size = min(self.size, len(rows))
        starts = range(0, len(rows) - size + 1, size)
        began = time.monotonic()
        losses = [
            self._both(params, rest, rows.x[at : at + size], rows.y[at : at + size], self._key)[0]
            for at in starts
        ]
        mean = float(np.mean([float(loss) for loss in losses]))
        # The least, as the first has compiled.
        self._row_s = min(self._row_s, (time.monotonic() - began) / (size * len(starts)))
        return mean

    def seconds_for(self, n_rows: int) -> float:
        """What a look at so many rows will take; 0 before the first."""
        return n_rows * self._row_s if math.isfinite(self._row_s) else 0.0

    def rows(self, params: Any, rest: Any, rows: Rows) -> tuple[Floats, Floats]:
        """Numerator and denominator of the metric, row by row."""
        metric = self.problem.metric
        assert metric is not None  # noqa: S101 - callers look first
        tops: list[Any] = []
        bottoms: list[Any] = []
        for at in range(0, len(rows), self.size):
            # Filled up with rows from the start, so that one size is compiled.
            index = np.arange(at, at + self.size) % len(rows)
            kept = min(self.size, len(rows) - at)
            _, (top, bottom) = self._both(params, rest, rows.x[index], rows.y[index], self._key)
            tops.append(np.asarray(top, np.float64)[:kept])
            bottoms.append(np.asarray(bottom, np.float64)[:kept])
        top, bottom = np.concatenate(tops), np.concatenate(bottoms)
        if metric.is_relative:
            bottom = np.asarray(
                metric.baseline_rows(self.problem.split.train.y, rows.y)[0], np.float64
            )
        return top, bottom

    def value(self, params: Any, rest: Any, rows: Rows) -> float:
        """The metric over `rows`."""
        metric = self.problem.metric
        assert metric is not None  # noqa: S101 - callers look first
        return metric.value(*self.rows(params, rest, rows))
