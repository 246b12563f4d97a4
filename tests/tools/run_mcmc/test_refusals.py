"""What is refused before anything is compiled, and what is said of it."""

import io
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.run_mcmc.model_text import read_model
from jax_workbench.tools.run_mcmc.preflight import first_run, structural
from jax_workbench.tools.run_mcmc.read_arrays import read_arrays
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace
from tests.records.run_mcmc_case import Case
from tests.records.run_mcmc_healthy_models import HEALTHY
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


@pytest.mark.parametrize("case", HEALTHY, ids=lambda case: case.name)
def test_a_model_without_a_fault_raises_no_alarm_before_sampling(case: Case) -> None:
    data = read_arrays(dict(case.data), {}, "", left_out=())
    sites = first_run(read_model(case.model).function, data)

    assert isinstance(sites, SiteTrace)
    found = structural(sites, data, discrete_is_fine=False)
    assert [finding for finding in found if finding.severity != "note"] == []


def test_terms_that_would_fill_the_memory_are_counted_and_not_computed(call: Call) -> None:
    model = LINE + (
        "def model(y):\n"
        "    m = numpyro.sample('m', dist.Normal(0, 5))\n"
        "    numpyro.sample('obs', dist.Normal(m + 0 * y[:, None], 1), obs=y)\n"
    )
    rows = io.BytesIO()
    np.savez(rows, y=np.zeros(200_000))

    answer, _ = call({"y.npz": rows.getvalue()}, model=model, files=["y.npz"])

    reason = answer["result"]["reasons"][0]
    assert (answer["status"], reason["code"]) == ("refused", "broadcast_likelihood")
    assert "40000000000 terms" in reason["evidence"]
    assert "jnp.squeeze(loc, -1)" in reason["fix"]


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
