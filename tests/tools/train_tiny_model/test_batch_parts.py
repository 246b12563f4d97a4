"""Batches in parts: the same training in less memory, and no training where it would not be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model.batch_parts import (
    NotTheSame,
    check_can_be_cut,
    check_is_mean,
    differences,
    number_of_parts,
)
from jax_workbench.tools.train_tiny_model.compiled import SLACK_BYTES, Program
from jax_workbench.tools.train_tiny_model.session import Session
from tests.tools.train_tiny_model.healthy import HEALTHY
from tests.tools.train_tiny_model.test_training import session_of, trained, values
from tests.tools.train_tiny_model.texts import CLASSES, HEAD, model

PLAIN: dict[str, Any] = {"model": "custom", "code": HEAD + CLASSES + model(), "batch_size": 24}
SGD = {"name": "sgd", "learning_rate": 0.1, "schedule": "constant", "weight_decay": 0}
PAIRS = """
def loss_fn(model, batch):
    logits = model(batch[0])
    return jnp.mean((logits[:, None] - logits[None]) ** 2)
"""
SUM = """
def loss_fn(model, batch):
    return optax.softmax_cross_entropy_with_integer_labels(model(batch[0]), batch[1]).sum()
"""


def in_parts(session: Session, n: int) -> Session:
    """The same problem with its batches in `n` parts."""
    recipe = replace(session.recipe, batch_parts=n)
    return Session(session.problem, recipe, Program(session.problem, recipe, 0))


@pytest.mark.parametrize(
    ("size", "wanted", "n"), [(64, 4, 4), (90, 4, 5), (7, 4, 7), (2, 4, 2), (96, 16, 16)]
)
def test_parts_are_equal_and_as_many_as_wanted_or_a_few_more(
    size: int, wanted: int, n: int
) -> None:
    assert number_of_parts(size, wanted) == n


def test_a_run_in_parts_is_the_run_of_whole_batches_up_to_rounding() -> None:
    whole = session_of(**PLAIN, steps=8, optimizer=SGD)
    cut = in_parts(whole, 4)

    one, other = trained(whole), trained(cut)

    np.testing.assert_allclose(one.trace.loss, other.trace.loss, rtol=2e-5)
    assert one.trace.evaluations[-1][0] == other.trace.evaluations[-1][0] == 8
    for a, b in zip(values(one.carry.params), values(other.carry.params), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)
    assert cut.program.flops_per_step == whole.program.flops_per_step
    assert differences(cut.problem, cut.program) == []


def test_a_loss_that_is_no_mean_over_rows_is_not_trained_in_parts() -> None:
    right, pairs, total = (
        session_of(**{**PLAIN, "code": PLAIN["code"] + loss}) for loss in ("", PAIRS, SUM)
    )

    check_is_mean(right.problem, right.program)
    for wrong in (pairs, total):
        with pytest.raises(NotTheSame, match="the mean over their quarters"):
            check_is_mean(wrong.problem, wrong.program)


def test_what_takes_its_batches_whole_is_not_cut() -> None:
    own = next(case for case in HEALTHY if case.name == "an own step")
    stepping = session_of(model="custom", code=own.text, steps=4)
    searching = session_of(**PLAIN, optimizer={"name": "lbfgs"})

    for session, why in ((stepping, "train_step"), (searching, "lbfgs")):
        with pytest.raises(NotTheSame, match=why):
            check_can_be_cut(session.problem, session.recipe)


def test_what_parts_change_is_named() -> None:
    noisy = next(case for case in HEALTHY if case.name == "dropout and batch norm").text
    session = session_of(model="custom", code=noisy, steps=4)

    said = " ".join(differences(session.problem, session.program))

    assert "BatchNorm" in said
    assert "dropout" in said


def test_a_convolutions_parts_are_written_out_and_take_less_memory() -> None:
    own = next(case for case in HEALTHY if case.name == "a convolution")
    whole = session_of(model="custom", code=own.text, steps=2, batch_size=128)
    cut = in_parts(whole, 8)

    for session in (whole, cut):
        session.program.prepare()

    assert cut.program.step.is_unrolled
    assert (cut.program.predicted_bytes or 0) < (whole.program.predicted_bytes or 0)


def leave_room_for_less(monkeypatch: pytest.MonkeyPatch, **asked: Any) -> Session:
    """One byte too few for the call's whole batches; and the session that has them whole."""
    whole = session_of(**asked)
    whole.program.prepare()
    room = SLACK_BYTES + (whole.program.predicted_bytes or 0) - 1
    monkeypatch.setattr("jax_workbench.tools.train_tiny_model.work.free_bytes", lambda: room)
    return whole


def test_a_batch_that_is_predicted_not_to_fit_is_trained_in_parts_at_once(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"dataset": "moons", "batch_size": 1200, "steps": 20}
    whole = leave_room_for_less(monkeypatch, **asked)

    answer, _ = call(**asked)

    assert answer["result"]["steps"] == 20
    details = answer["result"]["details"]
    assert (details["batch_size"], details["accumulate"]) == (1200, 1)
    assert details["batch_parts"] == 4
    assert answer["result"]["findings"] == []
    [note] = [note for note in answer["notes"] if note["code"] == "trained_in_parts"]
    assert note["severity"] == "info"
    assert "MiB are free. In 4 parts it needs" in note["text"]
    assert "but for rounding these are the steps of whole batches" in note["text"]
    last = float(trained(whole).trace.loss[-1])
    assert answer["result"]["final_loss"] == pytest.approx(last, rel=1e-3)


def test_what_does_not_fit_and_cannot_be_cut_comes_with_the_call_that_fits(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {**PLAIN, "code": PLAIN["code"] + SUM, "batch_size": 240, "steps": 50}
    leave_room_for_less(monkeypatch, **asked)

    answer, _ = call(**asked)

    assert answer["status"] == "failed_checks"
    [finding] = answer["result"]["findings"]
    assert finding["code"] == "out_of_memory"
    assert "It is not trained in parts: the loss of 64 rows" in finding["fix"]
    again = answer["next"][0]["arguments"]
    assert (again["batch_size"], again["optimizer"]["accumulate"]) == (120, 2)
    assert again["steps"] == 100
