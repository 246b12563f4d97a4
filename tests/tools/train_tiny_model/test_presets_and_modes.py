"""Each preset learns a little in a few steps; each mode answers; what is malformed is refused."""

from typing import Any

import pytest

from jax_workbench.tools.errors import ToolError
from tests.tools.train_tiny_model.texts import CLASSES, HEAD, model

pytestmark = pytest.mark.slow

PNG = b"\x89PNG"


def test_a_pinn_solves_poissons_equation(call: Any) -> None:
    answer, job = call(model="pinn", steps=300)

    metric = answer["result"]["metric"]
    assert metric["name"] == "relative_l2"
    assert metric["test"] < 2e-2
    assert metric["baseline"] == 1
    assert job.saved["prediction.png"].startswith(PNG)


def test_a_residual_of_the_callers_own_is_solved(call: Any) -> None:
    code = (
        "import jax\nimport jax.numpy as jnp\n\ndomain = [(0.0, 1.0)]\n\n"
        "def residual(u, p):\n    return jax.grad(u)(p)[0] + u(p)\n\n"
        "def boundary_points(n):\n    return jnp.zeros((1, 1))\n\n"
        "def boundary(u, p):\n    return u(p) - 1.0\n\n"
        "def exact(p):\n    return jnp.exp(-p[0])\n"
    )

    answer, _ = call(model="pinn", code=code, steps=1000)

    assert answer["result"]["metric"]["test"] < 2e-2


def test_diffusion_gets_nearer_to_the_moons_than_a_gaussian(call: Any) -> None:
    answer, job = call(model="diffusion", dataset="moons", steps=600, samples=3)

    result = answer["result"]
    assert result["metric"]["name"] == "mmd2"
    assert result["metric"]["ci_high"] < result["metric"]["baseline"]
    assert len(result["samples"]) == 3
    assert job.saved["samples.png"].startswith(PNG)


def test_a_transformer_begins_to_sort_and_shows_its_answers(call: Any) -> None:
    answer, _ = call(model="transformer_lm", dataset="sorting", steps=60, batch_size=64, samples=2)

    result = answer["result"]
    assert result["metric"]["name"] == "exact_match"
    assert result["final_loss"] < 0.8 * result["init_loss"]
    assert all(len(said) == 13 for said in result["samples"])


def test_an_autoencoder_keeps_most_of_the_variance(call: Any) -> None:
    answer, _ = call(model="autoencoder", dataset="breast_cancer", steps=300)

    assert answer["result"]["metric"]["test"] > 0.7
    assert answer["result"]["findings"] == []


def test_a_bayesian_network_covers_what_it_should(call: Any) -> None:
    answer, job = call(model="bnn", steps=300)

    details = answer["result"]["details"]
    assert details["coverage_ci"][0] < 0.9 < details["coverage_ci"][1]
    assert details["divergences"] <= 6
    assert job.saved["prediction.png"].startswith(PNG)


def test_a_check_trains_nothing_to_the_end_and_says_what_it_tried(call: Any) -> None:
    answer, job = call(model="custom", code=HEAD + CLASSES + model(), mode="check")

    codes = {check["code"] for check in answer["result"]["checks"]}
    assert answer["status"] == "still_improving"
    assert {"data", "labels", "split", "shapes", "start", "one_batch", "inputs_matter"} <= codes
    assert answer["result"]["steps"] <= 200
    assert job.saved == {}


def test_a_check_sees_that_the_inputs_do_not_matter(call: Any) -> None:
    blind = model(out="self.head(0.0 * x)")

    answer, _ = call(model="custom", code=HEAD + CLASSES + blind, mode="check")

    wrong = {check["code"] for check in answer["result"]["checks"] if not check["ok"]}
    assert answer["status"] == "failed_checks"
    assert {"one_batch", "inputs_matter"} <= wrong


def test_a_sweep_finds_a_rate_between_too_low_and_too_high(call: Any) -> None:
    answer, job = call(model="custom", code=HEAD + CLASSES + model(), mode="lr_find")

    suggested = answer["result"]["details"]["suggested"]
    assert answer["status"] == "lr_found"
    assert 1e-4 < suggested < 0.3
    assert answer["next"][0]["arguments"]["optimizer"]["learning_rate"] == suggested
    assert len(answer["result"]["curve"]) <= 50
    assert job.saved["curve.png"].startswith(PNG)


def test_a_comparison_tells_a_useless_rate_from_a_good_one(call: Any) -> None:
    rates = [{"optimizer": {"learning_rate": rate}} for rate in (3e-3, 1e-6)]

    answer, _ = call(
        model="custom", code=HEAD + CLASSES + model(), mode="compare", configs=rates, steps=60
    )

    result = answer["result"]
    (pair,) = result["details"]["differences"]
    assert answer["status"] == "compared"
    assert (pair["best"], pair["other"]) == (0, 1)
    assert pair["ci_low"] > 0
    assert [len(row["values"]) for row in result["configs"]] == [3, 3]
    assert "beyond chance" in answer["summary"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ({"model": "resnet"}, "bad_argument", "transformer_lm"),
        ({"dataset": "mnist"}, "bad_argument", "digits"),
        ({"model": "custom"}, "bad_argument", "Model"),
        ({"code": "x = 1"}, "bad_argument", "custom"),
        ({"model": "custom", "code": "def f(:"}, "user_code_failed", "line 1"),
        ({"model": "transformer_lm", "dataset": "iris"}, "bad_argument", "tokens"),
        ({"model": "cnn", "dataset": "iris"}, "bad_argument", "images"),
        ({"model": "bnn", "dataset": "iris"}, "bad_argument", "regression"),
        ({"optimizer": {"name": "adamm"}}, "bad_argument", "lion"),
        ({"optimizer": {"lr": 1}}, "bad_argument", "learning_rate"),
        ({"loss": "mse"}, "bad_argument", "classes"),
        ({"metric": "f1"}, "bad_argument", "accuracy"),
        ({"resume": "checkpoint"}, "bad_argument", "checkpoint"),
        ({"mode": "compare", "configs": [{"seed": 3}]}, "bad_argument", "seed"),
        ({"mode": "compare", "configs": [{"stepz": 3}]}, "bad_argument", "stepz"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_malformed_is_refused_with_what_would_do(
    arguments: dict[str, Any], code: str, says: str, call: Any
) -> None:
    with pytest.raises(ToolError) as raised:
        call(**{"steps": 5, **arguments})

    assert raised.value.code == code
    assert says in raised.value.cause + raised.value.next_step
