"""Loss and score of a model on rows it does not train on. Runs in the worker."""

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
MAX_SCORED_TRAIN = 2048


class Evaluator:
    """Compiled once, for batches of one size."""

    def __init__(self, problem: Problem, graphdef: Any) -> None:
        """Batches are as large as the smallest part allows, up to `BATCH`."""
        self.problem = problem
        self.size = min(BATCH, len(problem.split.validation))
        self._key = jax.random.key(20_177)
        self._both = jit(partial(self._seen, graphdef))

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
        n = min(len(rows), MAX_WATCHED)
        size = min(self.size, n)
        losses = [
            self._both(params, rest, rows.x[at : at + size], rows.y[at : at + size], self._key)[0]
            for at in range(0, n - size + 1, size)
        ]
        return float(np.mean([float(loss) for loss in losses]))

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
