"""Whole calls on small models: verdicts, artifacts, methods, time limits."""

import io
import json
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from tests.records.run_mcmc_in_sandbox import Client, in_a_session
from tests.records.run_mcmc_pathologies import CASES
from tests.tools.run_mcmc.in_process import Call, Called, answered, as_in_a_worker

BY_NAME = {case.name: case for case in CASES}
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
CONJUGATE_CALL: dict[str, Any] = {"model": CONJUGATE, "data": {"y": Y}}


def no_constants(text: str) -> None:
    raise AssertionError(f"{text} in an answer")


def assert_exact(answer: dict[str, Any]) -> None:
    m = answer["result"]["parameters"][0]
    assert answer["status"] == "ok"
    assert m["name"] == "m"
    assert abs(m["mean"] - EXACT_MEAN) < 0.1 * EXACT_SD
    assert abs(m["sd"] / EXACT_SD - 1) < 0.1


@pytest.fixture(scope="module")
def good() -> Called:
    """One call on a posterior known in closed form, with checks; several tests look at it."""
    with as_in_a_worker():
        return answered(
            {}, checks=["posterior_predictive", "loo", "prior_sensitivity"], **CONJUGATE_CALL
        )


def test_nuts_finds_the_exact_posterior_of_a_conjugate_model(good: Called) -> None:
    assert_exact(good[0])


@pytest.mark.parametrize(
    "method",
    [
        "svi",
        pytest.param("hmc", marks=pytest.mark.slow),
        pytest.param("ensemble", marks=pytest.mark.slow),
    ],
)
def test_each_method_finds_the_exact_posterior(method: str, call: Call) -> None:
    answer, _ = call(method=method, **CONJUGATE_CALL)

    assert_exact(answer)


def test_a_good_posterior_comes_with_draws_script_source_and_picture(good: Called) -> None:
    answer, job = good

    result = answer["result"]
    draws = np.load(io.BytesIO(job.saved["draws.npz"]), allow_pickle=False)
    schema = json.loads(job.saved["draws.schema.json"])
    assert result["reasons"] == []
    assert result["unreliable_estimates"] is None
    assert draws["m"].shape == (4, 1000)
    assert np.allclose(draws["twice"], 2 * draws["m"])
    assert {n: (list(a.shape), str(a.dtype)) for n, a in draws.items()} == {
        n: (about["shape"], about["dtype"]) for n, about in schema["arrays"].items()
    }
    assert schema["arrays"]["m"]["axes"] == ["chain", "draw"]
    assert schema["arrays"]["twice"]["kind"] == "deterministic"
    assert job.saved["diagnostics.png"].startswith(b"\x89PNG")
    assert len(job.saved["diagnostics.png"]) <= 150_000
    assert job.saved["model.py"].decode() == CONJUGATE
    compile(job.saved["reproduce.py"], "reproduce.py", "exec")
    json.loads(json.dumps(answer), parse_constant=no_constants)


def test_the_checks_that_were_asked_for_have_their_numbers(good: Called) -> None:
    result = good[0]["result"]

    assert result["loo"]["n"] == N
    replicated = result["predictive"]["posterior_predictive"]["obs"]
    assert replicated.keys() == {"mean", "sd", "min", "max"}
    assert all(0.01 < row["tail_area"] < 0.99 for row in replicated.values())
    assert result["other_checks"]["prior_sensitivity"]["scalars"][0]["name"] == "m"
    assert any("sbc" in left for left in result["not_checked"])


def test_a_wrong_likelihood_moves_the_numbers_out_of_reach(call: Call) -> None:
    case = BY_NAME["every datum against each of three groups"]

    answer, _ = call(model=case.model, data=dict(case.data), num_warmup=300, num_samples=300)

    result = answer["result"]
    assert answer["status"] == "warn"
    assert result["reasons"][0]["code"] == "broadcast_likelihood"
    assert "loc (3, 1)" in result["reasons"][0]["evidence"]
    assert result["parameters"] == []
    assert {row["name"] for row in result["unreliable_estimates"]} == {"m[0]", "m[1]", "m[2]", "s"}
    assert answer["summary"].startswith("Do not use")


def test_a_centred_hierarchy_is_told_how_to_write_it(call: Call) -> None:
    case = BY_NAME["centred eight schools"]

    answer, _ = call(model=case.model, data=dict(case.data))

    codes = {reason["code"]: reason for reason in answer["result"]["reasons"]}
    assert answer["status"] == "warn"
    assert codes["reparameterise"]["site"] == "theta"
    assert "LocScaleReparam" in codes["reparameterise"]["fix"]
    assert any(note["code"] == "step_halved" for note in answer["notes"])


def test_a_mode_that_no_chain_saw_is_found_from_far_starts(call: Call) -> None:
    case = BY_NAME["a hidden mode with most of the mass, seed 1"]

    answer, _ = call(model=case.model, **case.options)

    reason = answer["result"]["reasons"][0]
    assert (answer["status"], reason["code"], reason["site"]) == ("warn", "multimodal", "x")
    assert "far start" in reason["evidence"]


def test_time_that_ends_in_warm_up_is_a_partial_answer(call: Call) -> None:
    answer, _ = call(num_warmup=20_000, max_seconds=0.001, **CONJUGATE_CALL)

    assert answer["status"] == "warn"
    assert answer["result"]["reasons"][-1]["code"] == "low_ess"
    assert [note["code"] for note in answer["notes"]] == ["partial"]


def test_time_that_is_over_is_answered_with_a_call_that_has_more(call: Call) -> None:
    answer, _ = call(num_warmup=20_000, max_seconds=0.001, **CONJUGATE_CALL)

    arguments = answer["next"][0]["arguments"]
    RunMcmcAsk.model_validate({**CONJUGATE_CALL, **arguments})
    assert (arguments["timeout_s"], arguments["max_seconds"]) == (600, 0)


@pytest.mark.slow
def test_discrete_sites_are_sampled_beside_continuous_ones(call: Call) -> None:
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


def test_an_earlier_run_gives_the_starts_of_a_later_one(good: Called, call: Call) -> None:
    blobs = {"draws.npz": good[1].saved["draws.npz"]}
    later: dict[str, Any] = {"files": ["draws.npz"], "warm_start": "draws.npz"}

    answer, _ = call(blobs, num_warmup=300, **later, **CONJUGATE_CALL)

    assert_exact(answer)


def test_the_same_seed_gives_the_same_numbers_to_the_last_bit(good: Called, call: Call) -> None:
    again, _ = call(**CONJUGATE_CALL)

    assert again["result"]["parameters"] == good[0]["result"]["parameters"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_fresh_workers() -> None:
    async def once(client: Client) -> list[tuple[str, bytes]]:
        return [await said(client)]

    async def twice(client: Client) -> list[tuple[str, bytes]]:
        return [await said(client), await said(client)]

    async def said(client: Client) -> tuple[str, bytes]:
        envelope = await client.call({"timeout_s": 600, **CONJUGATE_CALL})
        return json.dumps(envelope["result"]["parameters"]), client.file(envelope, "draws.npz")

    first, compiled_before = in_a_session(twice)
    elsewhere = in_a_session(once)[0]

    assert first == elsewhere
    assert first == compiled_before


@pytest.mark.slow
def test_the_script_repeats_the_run_with_numpyro_alone(
    good: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("reproduce.py", "data.npz"):
        (tmp_path / name).write_bytes(good[1].saved[name])
    monkeypatch.chdir(tmp_path)

    mcmc = runpy.run_path("reproduce.py")["mcmc"]

    draws = np.asarray(mcmc.get_samples()["m"])
    assert abs(draws.mean() - EXACT_MEAN) < 0.1 * EXACT_SD
    assert abs(draws.std() / EXACT_SD - 1) < 0.1


@pytest.mark.slow
def test_calibration_finds_uniform_ranks_where_nothing_is_wrong(call: Call) -> None:
    answer, _ = call(num_warmup=300, num_samples=300, checks=["sbc"], **CONJUGATE_CALL)

    assert answer["result"]["other_checks"]["sbc"]["is_calibrated"] is True
