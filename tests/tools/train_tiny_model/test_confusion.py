"""Which classes are taken for which, and that the script repeats the run."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model.confusion import Confusion


def test_counts_stand_in_the_row_of_the_truth_and_the_column_of_what_was_said() -> None:
    found = Confusion(np.array([0, 0, 1, 2, 2]), np.array([0, 2, 1, 0, 0]), 3)

    facts = found.facts()
    assert facts["confusion"] == [[1, 0, 1], [0, 1, 0], [2, 0, 0]]
    assert facts["most_confused"][0] == {"true": 2, "predicted": 0, "rows": 2}
    assert len(facts["most_confused"]) == 2
    assert found.mistakes(1) == ({"test_row": 1, "true": 0, "predicted": 2},)


def test_many_classes_are_told_by_their_largest_confusions_alone() -> None:
    found = Confusion(np.arange(40), (np.arange(40) + 1) % 40, 40)

    facts = found.facts()
    assert facts["confusion"] is None
    assert len(facts["most_confused"]) == 5


def test_the_answer_counts_every_test_row_and_the_script_repeats_the_weights(
    call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, job = call(dataset="iris", steps=12, samples=3)
    script = tmp_path / "reproduce.py"
    script.write_bytes(job.saved["reproduce.py"])

    runpy.run_path(str(script))

    counts = np.array(answer["result"]["details"]["confusion"])
    n_test = answer["result"]["details"]["rows"][2]
    assert counts.sum() == n_test
    assert np.trace(counts) / n_test == pytest.approx(answer["result"]["metric"]["test"])
    assert len(answer["result"]["samples"]) == min(3, n_test - np.trace(counts))
    repeated = tmp_path / "reproduced" / "weights.safetensors"
    assert repeated.read_bytes() == job.saved["weights.safetensors"]
    assert '"status"' in capsys.readouterr().out
