"""Scores take time too: fewer rows where each asks for much, and time kept for them."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk, work
from jax_workbench.tools.train_tiny_model.evaluation import scored, watched
from jax_workbench.tools.train_tiny_model.rows import Rows


def rows(n: int, *targets: int) -> Rows:
    return Rows(np.zeros((n, 2), np.float32), np.zeros((n, *targets), np.float32))


@pytest.mark.parametrize(
    ("given", "n_watched", "n_scored"),
    [
        (rows(5000), 1024, 2048),
        (rows(5000, 128), 256, 1024),
        (rows(100, 4096), 8, 32),
        (rows(3, 200_000), 1, 1),
        (rows(40), 40, 40),
    ],
    ids=["labels", "windows of text", "images", "one is too much", "few"],
)
def test_fewer_rows_are_looked_at_where_each_asks_for_more(
    given: Rows, n_watched: int, n_scored: int
) -> None:
    assert (len(watched(given)), len(scored(given))) == (n_watched, n_scored)


@pytest.mark.parametrize(
    ("timeout_s", "budget_s", "left_s"),
    [(60, 60, 31.0), (600, 20, 20.0), (600, 580, 571.0)],
    ids=["what is left of the call", "the budget", "a large budget"],
)
def test_training_ends_early_enough_for_the_scores(
    monkeypatch: pytest.MonkeyPatch, timeout_s: float, budget_s: float, left_s: float
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    ask = TrainTinyModelAsk(timeout_s=timeout_s, time_budget_s=budget_s)
    call = work.Call(ask, cast("Any", None))

    call.session = cast("Any", SimpleNamespace(scoring_s=lambda: 17.0))

    assert call.left_s() == left_s
