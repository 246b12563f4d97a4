"""Whole calls on small models: verdicts, artifacts, methods, time limits."""

import io
import json
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RECORDS = Path(__file__).parents[2] / "records"
PATHOLOGIES = runpy.run_path(str(RECORDS / "run_mcmc_pathologies.py"))
BY_NAME = {case.name: case for case in PATHOLOGIES["CASES"]}
CONJUGATE = """import numpyro
import numpyro.distributions as dist

def model(y):
    m = numpyro.sample("m", dist.Normal(0, 10))
    numpyro.deterministic("twice", 2 * m)
    numpyro.sample("obs", dist.Normal(m, 1), obs=y)
"""
Y = [1.2, 0.4, 2.2, 1.9, 0.8]
N, PRIOR_VARIANCE = len(Y), 100.0
EXACT_MEAN = sum(Y) / (N + 1 / PRIOR_VARIANCE)
EXACT_SD = 1 / math.sqrt(N + 1 / PRIOR_VARIANCE)


def no_constants(text: str) -> None:
    raise AssertionError(f"{text} in an answer")


@pytest.mark.parametrize("method", ["nuts", "hmc", "ensemble", "svi"])
def test_each_method_finds_the_exact_posterior_of_a_conjugate_model(method: str, call: Any) -> None:
    answer, _ = call(model=CONJUGATE, data={"y": Y}, method=method)

    m = answer["result"]["parameters"][0]
    assert answer["status"] == "ok"
    assert m["name"] == "m"
    assert abs(m["mean"] - EXACT_MEAN) < 0.1 * EXACT_SD
    assert abs(m["sd"] / EXACT_SD - 1) < 0.1


def test_a_good_posterior_comes_with_draws_script_source_and_picture(call: Any) -> None:
    answer, job = call(
        model=CONJUGATE, data={"y": Y}, checks=["posterior_predictive", "loo", "prior_sensitivity"]
    )

    result = answer["result"]
    draws = np.load(io.BytesIO(job.saved["draws.npz"]), allow_pickle=False)
    schema = json.loads(job.saved["draws.schema.json"])
    assert result["reasons"] == []
    assert result["unreliable_estimates"] is None
    assert draws["m"].shape == (4, 1000)
    assert np.allclose(draws["twice"], 2 * draws["m"])
    assert schema["arrays"]["twice"]["kind"] == "deterministic"
    assert job.saved["diagnostics.png"].startswith(b"\x89PNG")
    assert len(job.saved["diagnostics.png"]) <= 150_000
    assert job.saved["model.py"].decode() == CONJUGATE
    compile(job.saved["reproduce.py"], "reproduce.py", "exec")
    json.loads(json.dumps(answer), parse_constant=no_constants)
    assert result["loo"]["n"] == N
    assert 0.01 < result["predictive"]["posterior_predictive"]["obs"]["mean"]["tail_area"] < 0.99
    assert any("sbc" in left for left in result["not_checked"])


def test_a_wrong_likelihood_moves_the_numbers_out_of_reach(call: Any) -> None:
    case = BY_NAME["(n, 1) against (n,)"]

    answer, _ = call(model=case.model, data=dict(case.data), num_warmup=300, num_samples=300)

    result = answer["result"]
    assert answer["status"] == "warn"
    assert result["reasons"][0]["code"] == "broadcast_likelihood"
    assert "(40,)" in result["reasons"][0]["evidence"]
    assert result["parameters"] == []
    assert {row["name"] for row in result["unreliable_estimates"]} == {"a", "b", "s"}
    assert answer["summary"].startswith("Do not use")


def test_a_centred_hierarchy_is_told_how_to_write_it(call: Any) -> None:
    case = BY_NAME["centred eight schools"]

    answer, _ = call(model=case.model, data=dict(case.data))

    codes = {reason["code"]: reason for reason in answer["result"]["reasons"]}
    assert answer["status"] == "warn"
    assert codes["reparameterise"]["site"] == "theta"
    assert "LocScaleReparam" in codes["reparameterise"]["fix"]
    assert any(note["code"] == "step_halved" for note in answer["notes"])


def test_a_mode_that_no_chain_saw_is_found_from_far_starts(call: Any) -> None:
    case = BY_NAME["a hidden mode with most of the mass"]

    answer, _ = call(model=case.model)

    reason = answer["result"]["reasons"][0]
    assert (answer["status"], reason["code"], reason["site"]) == ("warn", "multimodal", "x")
    assert "far start" in reason["evidence"]


def test_time_that_ends_in_warm_up_is_a_partial_answer(call: Any) -> None:
    answer, _ = call(model=CONJUGATE, data={"y": Y}, num_warmup=20_000, max_seconds=0.001)

    assert answer["status"] == "warn"
    assert answer["result"]["reasons"][-1]["code"] == "low_ess"
    assert [note["code"] for note in answer["notes"]] == ["partial"]


def test_discrete_sites_are_sampled_beside_continuous_ones(call: Any) -> None:
    model = """import numpyro
import numpyro.distributions as dist

def model(y):
    m = numpyro.sample("m", dist.Normal(0, 1))
    z = numpyro.sample("z", dist.Bernoulli(0.5))
    numpyro.sample("obs", dist.Normal(m + 10 * z, 1), obs=y)
"""

    answer, job = call(model=model, data={"y": [10.2, 9.7, 10.4]}, method="mixed")

    draws = np.load(io.BytesIO(job.saved["draws.npz"]), allow_pickle=False)
    assert draws["z"].mean() > 0.99
    assert abs(draws["m"].mean() - 3 * 0.1 / 4) < 0.1
    assert answer["status"] in {"ok", "warn"}


def test_an_earlier_run_gives_the_starts_of_a_later_one(call: Any) -> None:
    _, first = call(model=CONJUGATE, data={"y": Y})

    answer, _ = call(
        blobs={"draws.npz": first.saved["draws.npz"]},
        model=CONJUGATE,
        data={"y": Y},
        files=["draws.npz"],
        warm_start="draws.npz",
        num_warmup=300,
    )

    assert answer["status"] == "ok"


def test_the_same_seed_gives_the_same_numbers(call: Any) -> None:
    first, _ = call(model=CONJUGATE, data={"y": Y}, num_warmup=200, num_samples=200, seed=7)
    second, _ = call(model=CONJUGATE, data={"y": Y}, num_warmup=200, num_samples=200, seed=7)

    assert json.dumps(first["result"]["parameters"]) == json.dumps(second["result"]["parameters"])
