"""A configuration of mode compare that cannot be: the cause, and where the setting belongs."""

from typing import Any

import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.comparison import asks_of


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (
            {"learning_rate": 0.1},
            (
                "configs[1].learning_rate: there is no such argument (got 0.1). "
                'It is a setting of the optimizer: {"optimizer": {"learning_rate": 0.1}}.'
            ),
        ),
        (
            {"stpes": 3},
            (
                "configs[1].stpes: there is no such argument (got 3). "
                "A configuration takes the names of the call's arguments."
            ),
        ),
        (
            {"steps": -1},
            (
                "configs[1].steps: Input should be between 0 and 1000000 (got -1). "
                "Give it as for a call of its own."
            ),
        ),
        ({"seed": 3}, "configs[1] sets seed. Set it for the call."),
    ],
)
def test_what_a_configuration_cannot_say_is_told_with_its_place(
    config: dict[str, Any], says: str
) -> None:
    ask = TrainTinyModelAsk.model_validate({"mode": "compare", "configs": [{}, config]})

    with pytest.raises(ToolError) as told:
        asks_of(ask)

    assert str(told.value) == f"bad_argument: {says}"
