"""Hundreds of layers with long names and everything wrong with them: the answer stays short."""

import json
from typing import Any

import pytest

from tests.answer_size import MAX_TOKENS, n_tokens
from tests.tools.train_tiny_model.texts import CLASSES, CROSS_ENTROPY, HEAD

pytestmark = pytest.mark.slow
ENVELOPE_TOKENS = 1500
"""Room for what the server adds: the files and the facts of the run."""
DEEP = """class Model(nnx.Module):
    def __init__(self, rngs):
        for i in range({n}):
            setattr(self, "a_layer_of_a_long_name_" * 8 + str(i), nnx.Linear(5, 5, rngs=rngs))
            setattr(self, "an_array_of_a_long_name_" * 8 + str(i), nnx.data(jnp.ones(5)))
        self.head = nnx.Linear(5, 3, rngs=rngs)

    def __call__(self, x):
        for i in range({n}):
            layer = getattr(self, "a_layer_of_a_long_name_" * 8 + str(i))
            x = nnx.relu(layer(x) - 100.0) * getattr(self, "an_array_of_a_long_name_" * 8 + str(i))
        return nnx.softmax(self.head(x))

"""
CONFIGS = [{"steps": 20, "optimizer": {"learning_rate": 10.0 + n}} for n in range(12)]


@pytest.mark.parametrize(
    ("mode", "n", "more"),
    [
        ("check", 100, {}),
        ("train", 100, {"steps": 30}),
        ("compare", 20, {"configs": CONFIGS}),
        ("lr_find", 100, {}),
    ],
)
def test_a_deep_net_of_long_names_and_many_faults_fits(
    call: Any, mode: str, n: int, more: dict[str, Any]
) -> None:
    code = HEAD + CLASSES + DEEP.format(n=n) + CROSS_ENTROPY

    answer, _ = call(model="custom", code=code, mode=mode, **more)

    assert n_tokens(json.dumps(answer)) < MAX_TOKENS - ENVELOPE_TOKENS
    assert answer["status"] in {"failed_checks", "no_learning", "compared"}
    assert answer["result"]["parameters"]
