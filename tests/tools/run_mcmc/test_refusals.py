"""What is refused before anything is compiled, and what is said of it."""

from typing import Any

import pytest

from jax_workbench.tools.errors import ToolError
from tests.records.run_mcmc_case import Case
from tests.records.run_mcmc_pathologies import is_right
from tests.records.run_mcmc_refused_models import REFUSED
from tests.tools.run_mcmc.in_process import Call

LINE = "import numpyro\nimport numpyro.distributions as dist\n"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_model_that_cannot_be_sampled_is_refused_by_its_fault(case: Case, call: Call) -> None:
    answer, job = call(model=case.model, data=dict(case.data), **case.options)

    assert is_right(case, answer["status"], answer["result"]["reasons"])
    assert answer["result"]["parameters"] == []
    assert all(reason["fix"] for reason in answer["result"]["reasons"])
    assert "compiling the sampler" not in job.messages


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"model": "nonsense_family"}, "no family"),
        ({"model": "x = 1\n"}, "no function called `model`"),
        ({"model": LINE + "def model(y): pass\n", "data": {"z": [1]}}, "does not take"),
        ({"model": LINE + "def model(y): pass\n", "data": {"y": [1.0]}}, "no latent"),
        (
            {"model": LINE + "def model(y): pass\n", "data": {"y": [[1], [2, 3]]}},
            "differ in length",
        ),
        ({"model": LINE + "def model(y): pass\n", "data": {"y": [0] * 5001}}, "at most 5000"),
        ({"model": LINE + "def model(y): pass\n", "columns": "y=height"}, "no column 'height'"),
    ],
)
def test_a_malformed_call_is_an_error_that_names_the_cause(
    arguments: dict[str, Any], cause: str, call: Call
) -> None:
    with pytest.raises(ToolError) as raised:
        call(**arguments)

    assert raised.value.code == "bad_argument"
    assert cause in raised.value.cause


def test_text_that_does_not_parse_is_the_users_error(call: Call) -> None:
    with pytest.raises(ToolError) as raised:
        call(model="def model(y):\n    return (\n")

    assert raised.value.code == "user_code_failed"
    assert "line 2" in raised.value.cause


def test_an_unknown_family_lists_all_of_them_with_what_they_take(call: Call) -> None:
    with pytest.raises(ToolError) as raised:
        call(model="linear")

    assert "linear_regression(x, y)" in raised.value.next_step
    assert "gaussian_mixture(y, n_components)" in raised.value.next_step


def test_draws_that_would_not_fit_are_refused_before_sampling(call: Call) -> None:
    model = LINE + "def model():\n    numpyro.sample('x', dist.Normal().expand([5000]))\n"

    with pytest.raises(ToolError) as raised:
        call(model=model, num_samples=10_000)

    assert raised.value.code == "output_too_large"
