"""Going on: from a checkpoint, after time was up or the run was ended."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import orbax.checkpoint as ocp
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model.chunk import Carry
from jax_workbench.tools.train_tiny_model.drafts import Drafts
from jax_workbench.tools.train_tiny_model.loop import Trained
from jax_workbench.tools.train_tiny_model.work import Call
from tests.tools.train_tiny_model.conftest import KeepingJob
from tests.tools.train_tiny_model.healthy import HEALTHY

NOISY = next(case for case in HEALTHY if case.name == "dropout and batch norm").text


def test_a_resumed_run_is_an_uninterrupted_one(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"model": "custom", "code": NOISY, "steps": 40, "early_stopping": False}
    _, whole = call(**arguments)
    left_s = iter([1.0] * 20)

    # Time is up after half of the chunks, whatever the machine's speed.
    def left(_call: Call) -> float:
        return next(left_s, -1.0)

    monkeypatch.setattr(Call, "left_s", left)
    half, stopped = call(**arguments)
    monkeypatch.undo()
    rest, resumed = call(
        {"checkpoint": stopped.saved["checkpoint"]}, **arguments, resume="checkpoint"
    )

    assert half["status"] == "stopped_by_budget" or half["result"]["steps"] < 40
    assert 0 < half["result"]["steps"] < 40
    assert rest["result"]["steps"] == 40
    assert half["next"][0]["tool"] == "train_tiny_model"
    assert state_of(whole.saved["checkpoint"]) == state_of(resumed.saved["checkpoint"])
    arrays = arrays_of(whole.saved["checkpoint"])
    assert arrays == arrays_of(resumed.saved["checkpoint"])
    assert any("opt_state" in name and "mu" in name for name in arrays)
    assert whole.saved["weights.safetensors"] == resumed.saved["weights.safetensors"]


def state_of(content: bytes) -> dict[str, Any]:
    """What a checkpoint says of where it stands."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        meta = json.loads(archive.read("meta.json"))
    return {key: meta[key] for key in ("step", "best_step", "best_loss", "split_sha256")}


def arrays_of(content: bytes) -> dict[str, bytes]:
    """Every array of a checkpoint, optimiser and dropout's keys included, as its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
        read: Any = ocp.StandardCheckpointer().restore(Path(folder).resolve() / "state")
    return {
        f"{part}{name}": np.asarray(leaf).tobytes()
        for part, leaves in read.items()
        for name, leaf in leaves.items()
    }


def test_a_run_that_is_ended_leaves_what_another_goes_on_from_bit_for_bit(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = "jax_workbench.tools.train_tiny_model.drafts."
    monkeypatch.setattr(f"{places}FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(f"{places}EVERY_S", 0.0)
    monkeypatch.setattr(f"{places}MAX_SHARE", float("inf"))
    arguments = {"dataset": "iris", "steps": 6, "early_stopping": False}
    _, whole = call(**arguments)

    rest, resumed = call({"checkpoint": whole.drafts[2]}, **arguments, resume="checkpoint")

    assert state_of(whole.drafts[2])["step"] == 3
    assert rest["result"]["steps"] == 6
    assert rest["result"]["details"]["resumed_at"] == 3
    assert arrays_of(whole.saved["checkpoint"]) == arrays_of(resumed.saved["checkpoint"])


def test_checkpoints_on_the_way_take_a_small_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, clock = KeepingJob(), iter([0.0, 0.5, 1.0, 1.5, 20.0, 26.5, 26.5])

    def save(_state: Trained, _facts: Any) -> bytes:
        return b"it"

    monkeypatch.setattr("jax_workbench.tools.train_tiny_model.checkpoint.save", save)
    drafts = Drafts(job, {}, now=lambda: next(clock))
    state = Trained(Carry({}, {}, {}, {}))

    for _ in range(4):
        drafts.keep(state)

    # Asked at 0.5: too early. At 1: it takes half a second. At 20: too early, at 26.5 due.
    assert len(job.drafts) == 2


@pytest.mark.slow
def test_a_checkpoint_of_another_model_is_refused_with_what_differs(call: Any) -> None:
    _, first = call(dataset="iris", steps=10)
    checkpoint = {"checkpoint": first.saved["checkpoint"]}

    with pytest.raises(
        ToolError, match=r"params\.\S*layers\.0\.kernel is \(4, 128\) in it"
    ) as other_width:
        call(checkpoint, dataset="wine", steps=20, resume="checkpoint")
    with pytest.raises(ToolError, match="split") as other_rows:
        call(checkpoint, dataset="iris", split_seed=1, steps=20, resume="checkpoint")
    with pytest.raises(ToolError, match="step 10"):
        call(checkpoint, dataset="iris", steps=10, resume="checkpoint")
    with pytest.raises(ToolError, match="no checkpoint"):
        call({"checkpoint": b"PK nothing"}, dataset="iris", steps=20, resume="checkpoint")

    assert {other_width.value.code, other_rows.value.code} == {"bad_argument"}
