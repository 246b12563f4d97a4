"""Chains in parallel on several devices, which are simulated in a worker of the real sandbox."""

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.device_mesh import largest_divisor
from jax_workbench.tools.run_mcmc.script import reproduce
from tests.records.run_mcmc_in_sandbox import Client, in_a_session
from tests.tools.run_mcmc.test_answers import CONJUGATE_CALL, EXACT_MEAN, EXACT_SD, assert_exact

type Said = tuple[dict[str, Any], NDArray[Any]]
N_SAMPLES = 500


@pytest.fixture(scope="module")
def by_devices() -> dict[int, Said]:
    """The same call on two and on four devices: envelope and draws."""

    async def said(client: Client, n_devices: int) -> Said:
        arguments = {**CONJUGATE_CALL, "num_samples": N_SAMPLES, "devices": n_devices}
        envelope = await client.call({"timeout_s": 600, **arguments})
        stream = io.BytesIO(client.file(envelope, "draws.npz"))
        return envelope, np.load(stream, allow_pickle=False)["m"]

    async def all_of_them(client: Client) -> dict[int, Said]:
        return {n: await said(client, n) for n in (2, 4)}

    return in_a_session(all_of_them)


@pytest.mark.parametrize("n_devices", [2, 4])
def test_chains_on_several_devices_find_the_exact_posterior(
    by_devices: dict[int, Said], n_devices: int
) -> None:
    envelope, draws = by_devices[n_devices]

    assert_exact(envelope)
    assert draws.shape == (4, N_SAMPLES)
    assert np.abs(draws.mean(axis=1) - EXACT_MEAN).max() < 0.3 * EXACT_SD


def test_the_answer_says_on_how_many_devices_the_chains_ran(by_devices: dict[int, Said]) -> None:
    notes = [note["text"] for note in by_devices[4][0]["notes"]]

    assert notes == ["The chains ran in parallel on 4 devices simulated on one CPU."]


def test_a_chain_is_the_same_whatever_shares_its_device(by_devices: dict[int, Said]) -> None:
    (_, first), (_, second) = by_devices[2], by_devices[4]

    np.testing.assert_allclose(first[:, :5], second[:, :5], rtol=1e-9)


@pytest.mark.parametrize(("devices", "method"), [(1, "vectorized"), (4, "parallel")])
def test_the_script_moves_chains_as_the_call_did(devices: int, method: str) -> None:
    ask = RunMcmcAsk.model_validate({**CONJUGATE_CALL, "devices": devices})

    script = reproduce(ask, ask.model)

    assert f'chain_method="{method}"' in script
    assert ("numpyro.set_host_device_count(4)" in script) == (method == "parallel")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"devices": 3}, "take 6 chains"),
        ({"devices": 2, "method": "ensemble"}, "use nuts, hmc or mixed"),
        ({"devices": 2, "method": "svi"}, "use nuts, hmc or mixed"),
        ({"devices": 9}, "between 1 and 8"),
    ],
)
def test_devices_without_chains_of_their_own_are_refused(
    arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        RunMcmcAsk.model_validate({**CONJUGATE_CALL, **arguments})


@pytest.mark.parametrize(("n", "limit", "divisor"), [(4, 8, 4), (6, 4, 3), (5, 4, 1), (1, 8, 1)])
def test_chains_are_divided_evenly(n: int, limit: int, divisor: int) -> None:
    assert largest_divisor(n, limit) == divisor
