"""What is concluded from draws, on draws that were made for it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from jax_workbench.tools.contract import Note
from jax_workbench.tools.run_mcmc import REASON_CODES
from jax_workbench.tools.run_mcmc.answer import (
    MAX_BYTES,
    MAX_NAME,
    MAX_REASONS,
    MIN_ROW_BYTES,
    few,
    rows_of,
    shown,
    size_of,
)
from jax_workbench.tools.run_mcmc.diagnostics import MAX_JUDGED, diagnose, parameter, parameters
from jax_workbench.tools.run_mcmc.far_starts import FarEnds, far_apart
from jax_workbench.tools.run_mcmc.findings import FIXES, Finding
from jax_workbench.tools.run_mcmc.multimodality import another_mode, chains_apart
from jax_workbench.tools.run_mcmc.posterior_shape import heavy_tails, unidentified
from jax_workbench.tools.run_mcmc.sampling import Sampled
from jax_workbench.tools.run_mcmc.scalars import flatten
from jax_workbench.tools.run_mcmc.site_trace import SiteTrace
from jax_workbench.tools.run_mcmc.starts import Candidates
from jax_workbench.tools.run_mcmc.verdict import convergence, reasons_of

RNG = np.random.default_rng(0)


def normal(*shape: int) -> NDArray[np.float64]:
    return RNG.normal(size=shape)


def test_independent_draws_are_worth_what_they_are() -> None:
    diagnosis = diagnose(flatten({"x": normal(4, 1000)}))

    assert diagnosis.worst_rhat < 1.01
    assert 3000 < diagnosis.ess_bulk[0] < 5000
    assert list(convergence(diagnosis, 400, 4)) == []


def test_scalars_are_named_from_zero_in_the_order_of_the_site() -> None:
    scalars = flatten({"a": normal(2, 10), "b": normal(2, 10, 2, 2)})

    assert scalars.names == ("a", "b[0,0]", "b[0,1]", "b[1,0]", "b[1,1]")


def test_a_constant_scalar_is_neither_good_nor_bad() -> None:
    diagnosis = diagnose(flatten({"x": normal(4, 100), "one": np.ones((4, 100))}))

    assert np.isnan(diagnosis.rhat[1])
    assert not diagnosis.is_judged[1]
    assert parameter(diagnosis, 1).rhat is None
    assert parameter(diagnosis, 1).mean == 1.0


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e200])
def test_draws_beyond_all_numbers_have_no_moments(wild: float) -> None:
    draws = normal(4, 100)
    draws[1, 7] = wild

    row = parameter(diagnose(flatten({"x": draws})), 0)

    assert row.mean is None
    assert row.ess_bulk is None


def test_the_worst_of_many_scalars_are_judged() -> None:
    draws = normal(2, 50, MAX_JUDGED + 50)
    draws[0, :, -1] += 9

    diagnosis = diagnose(flatten({"x": draws}))

    assert len(diagnosis.scalars.names) == MAX_JUDGED
    assert diagnosis.scalars.names[0] == f"x[{MAX_JUDGED + 49}]"


def test_chains_in_different_places_are_modes() -> None:
    draws = {"x": normal(4, 500) + np.array([0, 0, 0, 30.0])[:, None]}

    finding = chains_apart(diagnose(flatten(draws)), draws, {"x": None})

    assert finding is not None
    assert finding.code == "multimodal"


def test_a_scalar_that_stands_still_in_each_chain_is_said_in_words() -> None:
    draws = {"z": np.repeat([[1.0], [1.0], [0.0]], 500, axis=1)}

    finding = chains_apart(diagnose(flatten(draws)), draws, {"z": None})

    assert finding is not None
    assert "z has means 1, 1, 0 by chain, and hardly moves within a chain." in finding.evidence


def test_components_that_exchange_between_chains_are_labels() -> None:
    draws = normal(4, 500, 2) + np.array([0, 30.0])
    draws[0] = draws[0][:, ::-1]

    finding = chains_apart(diagnose(flatten({"mu": draws})), {"mu": draws}, {"mu": None})

    assert finding is not None
    assert finding.code == "label_switching"


def test_a_far_chain_counts_only_where_the_density_is_comparable() -> None:
    known, far = flatten({"x": normal(4, 500)}), flatten({"x": 40 + normal(4, 100)})
    potential = np.abs(normal(4, 500))

    same = another_mode(known, potential, far, np.abs(normal(4, 100)))
    worse = another_mode(known, potential, far, 500 + np.abs(normal(4, 100)))

    assert same is not None
    assert same.site == "x"
    assert worse is None


def test_a_sum_that_is_known_and_parts_that_are_not_are_unidentified() -> None:
    part = 10 * normal(4, 500)
    z = flatten({"a": part, "b": 0.01 * normal(4, 500) - part})
    prior = {"a": 10.0, "b": 10.0}

    finding = unidentified(z, prior, is_bad=False)

    assert finding is not None
    assert "a, b" in finding.evidence


def test_a_strong_correlation_that_the_data_narrow_is_no_fault() -> None:
    part = normal(4, 500)
    z = flatten({"a": part, "b": 0.001 * normal(4, 500) - part})
    prior = {"a": 100.0, "b": 100.0}

    assert unidentified(z, prior, is_bad=False) is None


def test_only_tails_without_a_mean_are_heavy() -> None:
    draws = {"x": RNG.standard_cauchy(size=(4, 1000)), "y": normal(4, 1000)}

    heavy = heavy_tails(diagnose(flatten(draws)), draws)

    assert list(heavy) == [0]


def test_every_reason_has_a_repair_and_no_other_word_is_used() -> None:
    assert FIXES.keys() == REASON_CODES


def test_a_note_becomes_a_reason_only_beside_a_fault() -> None:
    note = Finding("max_treedepth", "note", "slow")
    fault = Finding("high_rhat", "warn", "apart")

    alone = reasons_of([note])
    together = reasons_of([note, fault])

    assert alone[0] == "ok"
    assert alone[1] == []
    assert [finding.code for finding in alone[2]] == ["max_treedepth"]
    assert together[0] == "warn"
    assert [reason.code for reason in together[1]] == ["max_treedepth", "high_rhat"]


def test_a_cause_stands_before_what_only_shows_it() -> None:
    symptom = Finding("high_rhat", "warn", "apart")
    cause = Finding("multimodal", "warn", "two places")

    assert [reason.code for reason in reasons_of([symptom, cause])[1]] == [
        "multimodal",
        "high_rhat",
    ]


def test_far_starts_go_to_both_ends_first_and_then_between() -> None:
    z = {"x": np.array([0.1, 0.2, 1000.0, 0.3, -7.0, 5.0])}
    is_finite = np.array([True, True, True, True, True, False])
    candidates = Candidates(z, is_finite, np.zeros(6), {})

    order = far_apart(candidates, np.array([0.0]))

    assert order[0] == 2
    assert sorted(order.tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("n_others", [0, 6000, 50_000])
def test_the_table_of_parameters_takes_the_room_that_is_left(n_others: int) -> None:
    draws = {"x" * 500: normal(2, 50, 40)}
    sampled = Sampled(draws, {}, diagnose(flatten(draws)), None)
    every = parameters(sampled.diagnosis, frozenset())

    rows = rows_of(sampled, SiteTrace({}, {}), every, n_others)

    assert 0 < len(rows) < 40
    assert size_of(rows) <= max(MAX_BYTES - n_others, MIN_ROW_BYTES)
    assert all(len(row.name) <= MAX_NAME for row in rows)


def test_long_reasons_and_notes_are_cut_and_the_first_are_kept() -> None:
    reasons = [Finding("plate", "warn", "e" * 9000, "s" * 9000).reason()] * 50
    notes = [Note(code="partial", severity="info", text="t" * 9000)] * 50

    n_bytes = sum(len(part.model_dump_json()) for part in (*shown(reasons), *few(notes)))

    assert n_bytes < MAX_BYTES + MIN_ROW_BYTES
    assert len(shown(reasons)) == MAX_REASONS


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (FarEnds(), "modes far from the starts"),
        (FarEnds(12, 12), ""),
        (FarEnds(12, 7), "modes near 5 of 12 far starts"),
        (FarEnds(4, 2, Finding("multimodal", "warn", "elsewhere")), ""),
    ],
)
def test_far_starts_that_did_not_come_down_are_not_called_looked_at(
    ends: FarEnds, said: str
) -> None:
    assert ends.unseen().startswith(said)
    assert bool(ends.unseen()) == bool(said)
