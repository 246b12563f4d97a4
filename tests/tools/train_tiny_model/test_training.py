"""The loop: chunks, seeds, checkpoints, budgets, the caller's own step."""

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.train_tiny_model import N_CURVE, TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.loop import Batches, Trained, Training
from jax_workbench.tools.train_tiny_model.memory import fitting
from jax_workbench.tools.train_tiny_model.presets.table import problem_of
from jax_workbench.tools.train_tiny_model.session import Session, recipe_of
from jax_workbench.tools.train_tiny_model.work import Call
from tests.tools.train_tiny_model.healthy import HEALTHY
from tests.tools.train_tiny_model.texts import CLASSES, CROSS_ENTROPY, HEAD, model

NOISY = next(case for case in HEALTHY if case.name == "dropout and batch norm").text
PNG = b"\x89PNG"


def session_of(chunk_length: int = 0, **arguments: Any) -> Session:
    """A compiled problem."""
    ask = TrainTinyModelAsk.model_validate(arguments)
    problem, _ = problem_of(ask, {})
    recipe = recipe_of(problem, ask)
    return Session(problem, recipe, Program(problem, recipe, 0, chunk_length=chunk_length))


def trained(session: Session, left: Callable[[], float] = lambda: 1.0, **state: Any) -> Trained:
    """Train from the start, as long as `left()` is positive."""
    run = Training(
        session.problem,
        session.recipe,
        session.program,
        session.evaluator,
        seed=0,
        left_s=left,
        say=lambda _: None,
        stops_early=False,
    )
    return run.run(Trained(session.program.fresh(0), **state))


def values(tree: Any) -> list[Any]:
    """Every array of a state, keys as their numbers."""
    return [
        np.asarray(jax.random.key_data(a) if jnp.issubdtype(a.dtype, jax.dtypes.prng_key) else a)
        for a in jax.tree.leaves(tree)
    ]


def assert_same(a: Any, b: Any) -> None:
    """Assert that two states are equal to the last bit."""
    pairs = [*zip(values(a), values(b), strict=True)]
    assert pairs
    for x, y in pairs:
        assert x.tobytes() == y.tobytes()


@pytest.mark.slow
def test_how_the_steps_are_cut_changes_nothing() -> None:
    whole, cut = (trained(session_of(n, model="custom", code=NOISY, steps=24)) for n in (24, 5))

    assert_same(whole.carry, cut.carry)
    assert whole.trace.loss.tobytes() == cut.trace.loss.tobytes()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_answer_and_another_does_not(call: Any) -> None:
    one, again, other = (
        call(dataset="iris", steps=30, seed=seed)[0]["result"] for seed in (0, 0, 1)
    )

    assert one["curve"] == again["curve"]
    assert one["metric"] == again["metric"]
    assert one["curve"] != other["curve"]


@pytest.mark.slow
def test_time_that_is_up_leaves_the_best_so_far_and_its_files(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_s = iter([1.0] * 15)

    def left(_call: Call) -> float:
        return next(left_s, -1.0)

    monkeypatch.setattr(Call, "left_s", left)

    answer, job = call(dataset="iris", steps=400)

    result = answer["result"]
    assert result["details"]["stopped"] == "budget"
    assert 0 < result["steps"] < 400
    assert result["metric"]["test"] is not None
    assert set(job.saved) == {"checkpoint", "weights.safetensors", "curve.png", "reproduce.py"}


@pytest.mark.slow
def test_an_answer_has_a_thinned_curve_a_picture_and_a_script(call: Any) -> None:
    answer, job = call(dataset="iris", steps=200, early_stopping=False)

    result = answer["result"]
    assert len(result["curve"]) <= N_CURVE
    assert [p["step"] for p in result["curve"]] == sorted({p["step"] for p in result["curve"]})
    assert result["curve"][-1]["step"] == 200
    assert job.saved["curve.png"].startswith(PNG)
    assert len(job.saved["curve.png"]) <= 150_000
    compile(job.saved["reproduce.py"], "reproduce.py", "exec")
    assert len(json.dumps(answer)) < 10_000
    assert result["metric"]["ci_low"] <= result["metric"]["test"] <= result["metric"]["ci_high"]
    layers = result["parameters"]["by_layer"]
    assert sum(layers.values()) == result["parameters"]["trainable"]


def test_batches_are_a_permutation_an_epoch_wherever_one_starts() -> None:
    batches = Batches(10, 3, seed=4)

    epoch = batches.rows(0, 3).ravel()
    assert len(set(epoch.tolist())) == 9
    assert Batches(10, 3, seed=4).rows(5, 2).tolist() == batches.rows(4, 3)[1:].tolist()
    assert batches.rows(0, 3).tolist() != batches.rows(3, 3).tolist()


@pytest.mark.slow
def test_accumulated_small_batches_take_the_step_of_the_large_one() -> None:
    code = HEAD + CLASSES + model()
    common: dict[str, Any] = {"model": "custom", "code": code}
    rate = {"name": "sgd", "learning_rate": 0.1, "schedule": "constant", "warmup_steps": 0}
    large = session_of(**common, steps=1, batch_size=64, optimizer=rate)
    small = session_of(**common, steps=2, batch_size=32, optimizer={**rate, "accumulate": 2})
    index = np.arange(64, dtype=np.int32)
    key = jax.random.key(0)

    one, _ = large.program(large.program.fresh(0), np.arange(1, dtype=np.int32), index[None], key)
    two, _ = small.program(
        small.program.fresh(0), np.arange(1, dtype=np.int32), index[None, :32], key
    )
    two, _ = small.program(two, np.arange(1, 2, dtype=np.int32), index[None, 32:], key)

    for a, b in zip(values(one.params), values(two.params), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_a_convolution_is_never_looped_on_a_cpu_and_the_presets_is_no_convolution() -> None:
    own = next(case for case in HEALTHY if case.name == "a convolution")

    assert not session_of(model="custom", code=own.text, steps=4).program.is_looped
    assert session_of(model="cnn", steps=4).program.is_looped


@pytest.mark.slow
def test_memory_is_predicted_and_parts_or_a_smaller_batch_found_before_anything_runs() -> None:
    session = session_of(model="mlp", dataset="moons", steps=4, batch_size=1024)
    program, recipe = session.program, session.recipe

    def make(own: Any) -> Program:
        return program if own == recipe else Program(session.problem, own, 0)

    wide = fitting(make, recipe, 2**40, lambda _: pytest.fail("nothing is short"))
    asked = program.predicted_bytes
    assert asked is not None
    room = 50 * 2**20 + asked - 1
    cut = fitting(make, recipe, room, lambda _: ([4, 16], ""))
    narrow = fitting(make, recipe, room, lambda _: ([], "Its reason."))
    none = fitting(make, recipe, 1, lambda _: ([], ""))

    assert wide.finding is None
    assert cut.finding is None
    assert (cut.recipe.batch_size, cut.recipe.batch_parts) == (1024, 4)
    assert (cut.program.predicted_bytes or asked) < asked
    assert narrow.finding is not None
    assert narrow.finding.fix.endswith("fits. Its reason.")
    assert narrow.recipe.batch_size * narrow.recipe.accumulate == 1024
    assert none.finding is not None
    assert "jax.checkpoint" in none.finding.fix
    assert none.recipe.batch_size == 128


def test_the_clock_is_looked_at_after_every_step_that_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jax_workbench.tools.train_tiny_model.loop.CHUNK_S", 0.0)
    own = next(case for case in HEALTHY if case.name == "an own step")
    left_s = iter([1.0, 1.0, 1.0])

    state = trained(session_of(model="custom", code=own.text, steps=400), lambda: next(left_s, 0.0))

    assert state.step == 3
    assert state.stopped == "budget"


@pytest.mark.slow
def test_an_own_step_and_optimizer_learn(call: Any) -> None:
    own = next(case for case in HEALTHY if case.name == "an own step")

    answer, job = call(model="custom", code=own.text, steps=80)

    assert answer["result"]["metric"]["test"] > 0.85
    assert answer["result"]["update_ratio"]["median"] > 0
    assert "checkpoint" in job.saved


@pytest.mark.slow
def test_an_error_of_the_callers_code_is_told_with_its_line(call: Any) -> None:
    wrong = HEAD + CLASSES + model() + CROSS_ENTROPY.replace("model(x)", "model(x) @ model(x)")

    with pytest.raises(ToolError, match="line") as raised:
        call(model="custom", code=wrong)

    assert raised.value.code == "user_code_failed"
    assert "model(x) @ model(x)" in raised.value.cause
