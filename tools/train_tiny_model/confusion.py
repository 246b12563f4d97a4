"""Which classes are taken for which, on the test rows. Runs in the worker."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jax_workbench.tools.train_tiny_model.problem import Problem
from jax_workbench.tools.train_tiny_model.untyped import jit

MAX_CLASSES = 12
"""From which on only the largest confusions are shown."""
N_LARGEST = 5
MAX_ROWS = 4096
HALF = 0.5


@dataclass(frozen=True)
class Confusion:
    """Counts of test rows by their class and by what the model says."""

    truth: NDArray[np.int64]
    said: NDArray[np.int64]
    n_classes: int

    @property
    def matrix(self) -> NDArray[np.int64]:
        """Rows are the true classes, columns what was said."""
        counts = np.zeros((self.n_classes, self.n_classes), np.int64)
        np.add.at(counts, (self.truth, self.said), 1)
        return counts

    def facts(self) -> dict[str, Any]:
        """The matrix where it is small, and the largest confusions."""
        counts = self.matrix
        wrong = counts - np.diag(np.diag(counts))
        order = np.argsort(-wrong.ravel(), kind="stable")[:N_LARGEST]
        pairs = [divmod(int(place), self.n_classes) for place in order]
        largest = [
            {"true": a, "predicted": b, "rows": int(wrong[a, b])} for a, b in pairs if wrong[a, b]
        ]
        shown = counts.tolist() if self.n_classes <= MAX_CLASSES else None
        return {"confusion": shown, "most_confused": largest}

    def mistakes(self, n: int) -> tuple[dict[str, int], ...]:
        """The first `n` test rows that the model gets wrong."""
        wrong = np.flatnonzero(self.truth != self.said)[:n]
        return tuple(
            {"test_row": int(i), "true": int(self.truth[i]), "predicted": int(self.said[i])}
            for i in wrong
        )


def confusion_of(problem: Problem, model: Any) -> Confusion | None:
    """What the model says of the first test rows; None where it tells no classes apart."""
    n = problem.n_outputs
    rows = problem.split.test
    if n is None or problem.metric is None or problem.metric.name != "accuracy":
        return None
    x, y = rows.x[:MAX_ROWS], np.asarray(rows.y[:MAX_ROWS])
    if y.size != len(y):
        return None
    outputs = np.asarray(jit(problem.forward)(model, jnp.asarray(x)), np.float64).reshape(
        len(y), -1
    )
    if outputs.shape[1] == 1:
        threshold = HALF if outputs.min() >= 0 and outputs.max() <= 1 else 0.0
        said = (outputs[:, 0] > threshold).astype(np.int64)
    else:
        said = outputs.argmax(1)
    return Confusion(y.reshape(-1).astype(np.int64), said, n)
