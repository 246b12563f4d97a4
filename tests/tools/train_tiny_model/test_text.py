"""How a text is trained on and scored."""

import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model.generated import STRIDE, text
from jax_workbench.tools.train_tiny_model.optimizers import with_settings
from jax_workbench.tools.train_tiny_model.presets.transformer import scored_once, transformer
from jax_workbench.tools.train_tiny_model.problem import Recipe
from jax_workbench.tools.train_tiny_model.rows import split_rows

MUON = Recipe(600, 32, "muon", 1.5e-2)


def test_each_character_that_is_held_out_is_scored_once_with_the_most_before_it() -> None:
    source = text()
    split = split_rows(source, 0.25, 0)
    problem = transformer(source, split, "")
    for before, after in (
        (split.validation, problem.split.validation),
        (split.test, problem.split.test),
    ):
        continued = np.concatenate([before.y[0], *before.y[1:, -STRIDE:]])
        assert after.y[after.y >= 0].tolist() == continued.tolist()
        assert (after.x == before.x).all()
    assert (problem.split.train.y == split.train.y).all()


def test_a_single_window_scores_all_of_its_characters() -> None:
    rows = split_rows(text(), 0.25, 0).test.take(np.array([0]))
    assert (scored_once(rows, STRIDE).y == rows.y).all()


@pytest.mark.parametrize(
    ("settings", "name", "rate"),
    [
        ({}, "muon", 1.5e-2),
        ({"learning_rate": 1e-3}, "adamw", 1e-3),
        ({"name": "adamw"}, "adamw", 3e-3),
        ({"name": "sgd"}, "sgd", 9e-2),
        ({"name": "muon", "learning_rate": 0.02}, "muon", 0.02),
        ({"clip_norm": 0.5}, "muon", 1.5e-2),
    ],
)
def test_a_rate_on_its_own_is_adams_and_a_name_on_its_own_gets_its_usual_rate(
    settings: dict[str, object], name: str, rate: float
) -> None:
    recipe = with_settings(MUON, settings)
    assert (recipe.name, recipe.learning_rate) == (name, pytest.approx(rate))
