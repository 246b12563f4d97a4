"""A model whose layers see more than a matrix of rows is told where, and only such a model."""

from typing import Any

import pytest

from tests.tools.train_tiny_model.texts import HEAD, MEAN_SQUARE

SEQUENCES = """def make_data(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(300, 20, 16)).astype(np.float32)
    return x, x.sum((1, 2))

class Model(nnx.Module):
    def __init__(self, rngs):
        self.wide = nnx.Linear(16, 64, rngs=rngs)
        self.deep = nnx.Linear(64, 64, rngs=rngs)
        self.head = nnx.Linear(64, 1, rngs=rngs)

    def __call__(self, x):
        n = len(x)
        x = nnx.relu(self.wide(x))
        x = nnx.relu(self.deep(x))
        return self.head(x.reshape(n, -1, 64).mean(1))[:, 0]

"""
GIVEN = HEAD + SEQUENCES + MEAN_SQUARE
ROWS = GIVEN.replace("self.wide(x)", "self.wide(x.reshape(-1, 16))")
STEP = """@nnx.jit
def train_step(model, optimizer, batch):
    loss, grads = nnx.value_and_grad(loss_fn)(model, batch)
    optimizer.update(model, grads)
    return loss
"""


def noted(answer: dict[str, Any]) -> list[str]:
    return [note["text"] for note in answer["notes"] if note["code"] == "sums_over_two_axes"]


def test_layers_that_see_three_axes_are_named_by_their_lines(call: Any) -> None:
    answer, _ = call(model="custom", code=GIVEN, steps=5)

    lines = [n for n, line in enumerate(GIVEN.splitlines(), 1) if "nnx.relu(" in line]
    assert len(noted(answer)) == 1
    assert f"(line {lines[0]}, {lines[1]})" in noted(answer)[0]
    assert answer["result"]["findings"] == []


def test_the_advice_is_followed_by_silence_and_the_same_losses(call: Any) -> None:
    given, _ = call(model="custom", code=GIVEN, steps=5)
    rows, _ = call(model="custom", code=ROWS, steps=5)

    assert noted(rows) == []
    assert rows["result"]["final_loss"] == pytest.approx(given["result"]["final_loss"], rel=1e-3)


def test_a_step_of_the_callers_own_is_not_looked_into(call: Any) -> None:
    answer, _ = call(model="custom", code=GIVEN + STEP, steps=5)

    assert noted(answer) == []


def test_a_small_model_is_not_bothered(call: Any) -> None:
    answer, _ = call(model="custom", code=GIVEN.replace("64", "4"), steps=5)

    assert noted(answer) == []
