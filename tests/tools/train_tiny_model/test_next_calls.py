"""The next calls: the same call but for what helps, so that it can be sent as it is."""

import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model import Finding, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.answer import notes_of_ending
from jax_workbench.tools.train_tiny_model.detectors import Facts, findings_of
from jax_workbench.tools.train_tiny_model.next_calls import again, next_calls
from jax_workbench.tools.train_tiny_model.problem import Ending
from jax_workbench.tools.train_tiny_model.trace import Trace
from tests.tools.train_tiny_model.test_detectors import FALLING, STEPS, facts, trace

CHOSEN = {
    "model": "cnn",
    "dataset": "wine",
    "batch_size": 8,
    "epochs": 3,
    "val_fraction": 0.5,
    "optimizer": {"name": "sgd", "learning_rate": 3.0},
    "seed": 4,
    "timeout_s": 90,
}


def test_what_the_caller_chose_stays_in_the_next_call() -> None:
    ask = TrainTinyModelAsk.model_validate({**CHOSEN, "mode": "lr_find"})

    found = again(ask, "Train.", optimizer={"learning_rate": 0.1})

    assert found.arguments == {**CHOSEN, "optimizer": {"learning_rate": 0.1}}
    TrainTinyModelAsk.model_validate(found.arguments)


def test_steps_take_the_place_of_epochs() -> None:
    ask = TrainTinyModelAsk.model_validate(CHOSEN)

    [found] = next_calls("still_improving", (), ask, 0.1, 50)

    assert found.arguments is not None
    assert found.arguments["steps"] == 150
    assert "epochs" not in found.arguments


def test_code_and_data_in_the_call_are_named_and_not_sent_back() -> None:
    ask = TrainTinyModelAsk(model="custom", code="x = 1", dataset="a,y\n1,2\n")

    found = again(ask, "Look.", mode="check")

    assert found.arguments == {"model": "custom", "mode": "check"}
    assert found.why == "Look. Send the same code and dataset."


@pytest.mark.parametrize("rate", [3.0, 0.1])
def test_the_finding_and_the_next_call_name_the_same_rate(rate: float) -> None:
    ask = TrainTinyModelAsk.model_validate({"optimizer": {"learning_rate": rate}})
    found = findings_of(*exploded(rate))

    tried, swept = next_calls("diverged", found, ask, rate, 100)

    assert found[0].code == "learning_rate_too_high"
    assert tried.arguments is not None
    assert swept.arguments is not None
    better = tried.arguments["optimizer"]["learning_rate"]
    assert f"to {better:.1g}, or" in found[0].fix
    assert swept.arguments == {"mode": "lr_find", "optimizer": {}}


def exploded(rate: float) -> tuple[Trace, Facts]:
    """A run whose loss rose to many times its start."""
    peak = 40 * np.exp(-(((STEPS - 20) / 8) ** 2))
    return trace(FALLING + peak, ratio=0.5), facts(learning_rate=rate)


def test_a_fault_that_only_the_caller_can_mend_comes_without_arguments() -> None:
    finding = Finding(code="updates_lost", evidence="None moved.", fix="Use nnx.jit.")

    [found] = next_calls("no_learning", (finding,), TrainTinyModelAsk(), 0.1, 50)

    assert found.arguments is None
    assert found.why.startswith("Use nnx.jit.")


def test_samples_that_are_told_apart_from_the_data_are_warned_of() -> None:
    floor = {"real_against_real": [0.0001, 0.0002]}

    far = notes_of_ending(Ending("mmd2", 0.009, 0.008, 0.010, 0.02, floor))
    near = notes_of_ending(Ending("mmd2", 0.0003, -0.0002, 0.0008, 0.02, floor))

    assert [note.code for note in far] == ["samples_differ"]
    assert near == []
    assert notes_of_ending(Ending("relative_l2", 0.1, None, None, 1.0)) == []
