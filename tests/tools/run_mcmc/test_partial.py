"""Where time runs out."""

from typing import Any, NamedTuple, cast

import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.run_mcmc.sampler import Budget, Draws, Watch
from jax_workbench.tools.run_mcmc.sampling import (
    LEAST_WARMUP,
    Lengths,
    Sampling,
    adapted_so_far,
)
from tests.records.run_mcmc_in_process import RecordJob

N_CHAINS = 2


class Adapted(NamedTuple):
    """What chains learn."""

    step_size: Any
    ss_state: Any


class State(NamedTuple):
    """As much of NumPyro's as the end of adaptation needs."""

    i: Any
    adapt_state: Adapted


class SlowSampler:
    """Makes so many transitions of warm-up and then of sampling, whatever is asked."""

    def __init__(self, n_warmup: int, n_draws: int) -> None:
        """Nothing is made yet."""
        self._left = [n_warmup, n_draws]

    def start(self, key: Any, starts: Any) -> str:
        """Some state."""
        del key, starts
        return "started"

    def advance(
        self, state: str, n: int, budget: Budget, told: Any = None, *, keep: bool = True
    ) -> tuple[str, Draws]:
        """What there was time for."""
        del budget, told, keep
        n_made = min(n, self._left.pop(0)) if self._left else 0
        draws = Draws()
        draws.add({"z": {"x": np.random.default_rng(0).normal(size=(n_made, N_CHAINS))}}, n_made)
        return state, draws


def sampling(n_warmup: int, n_draws: int) -> Sampling:
    def unchanged(z: Any) -> Any:
        return z

    return Sampling(
        cast("Any", SlowSampler(n_warmup, n_draws)),
        cast("Any", unchanged),
        Lengths(1000, 200, N_CHAINS),
        Watch(Budget(60.0), RecordJob()),
    )


def test_warm_up_that_time_cuts_short_still_gives_draws() -> None:
    cut = sampling(n_warmup=300, n_draws=150)

    sampled = cut.run(None, {})

    assert sampled is not None
    assert sampled.n_draws == 150
    assert cut.phases.is_partial
    assert cut.phases.n_warmup == 300


def test_chains_that_have_learnt_next_to_nothing_give_no_draws() -> None:
    cut = sampling(n_warmup=LEAST_WARMUP - 1, n_draws=150)

    assert cut.run(None, {}) is None
    assert cut.phases.is_partial


@pytest.mark.parametrize(("n_averaged", "step_size"), [(7, np.exp(-1.5)), (0, 0.9)])
def test_adaptation_ends_with_the_averaged_step(n_averaged: int, step_size: float) -> None:
    learnt = (jnp.array(0.3), jnp.array(-1.5), jnp.array(0.0), jnp.array(n_averaged), 0.0)
    state = State(jnp.array([300]), Adapted(jnp.array(0.9), learnt))

    ended = adapted_so_far(state, 1000)

    assert ended.i.tolist() == [1000]
    assert float(ended.adapt_state.step_size) == pytest.approx(step_size)
