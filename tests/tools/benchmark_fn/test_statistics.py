import numpy as np
import pytest

from jax_workbench.tools.benchmark_fn.statistics import (
    centre,
    holm_levels,
    in_stretches,
    min_detectable,
    more_seconds,
    paired_ratio,
    stretch_middles,
    stretches,
    verdict,
)

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

EFFECT = 0.02


def noise(rng: np.random.Generator, n: int) -> Array:
    """Block times of a busy host: 3 % jitter, and one block in twenty several times too long."""
    times = np.exp(0.03 * rng.standard_normal(n))
    return times * np.where(rng.random(n) < 0.05, rng.uniform(1.5, 6, n), 1)


def drift(n: int) -> Array:
    """A host that gets 40 % slower while the run lasts."""
    return np.linspace(1.0, 1.4, n)


def test_ratio_is_exact_for_times_without_noise() -> None:
    base = np.full(60, 10.0)

    found = paired_ratio(base, 1.5 * base)

    assert found == pytest.approx((1.5, 1.5, 1.5))


def test_drift_that_both_share_leaves_no_trace() -> None:
    base = 10 * drift(240)

    found = paired_ratio(base, 1.05 * base)

    assert found == pytest.approx((1.05, 1.05, 1.05))


def test_a_burst_of_a_whole_second_moves_the_ratio_by_less_than_the_smallest_effect() -> None:
    rng = np.random.default_rng(1)
    base, candidate = noise(rng, 480), noise(rng, 480)
    candidate[100:112] *= 10

    found = paired_ratio(base, candidate)

    assert found is not None
    assert abs(found[0] - 1) < EFFECT


def test_the_same_code_is_never_called_faster_or_slower() -> None:
    words: list[str] = []

    for seed in range(300):
        rng = np.random.default_rng(seed)
        found = paired_ratio(noise(rng, 240) * drift(240), noise(rng, 240) * drift(240))
        assert found is not None
        words.append(verdict(found, EFFECT))

    assert not {"faster", "slower"} & set(words)


@pytest.mark.parametrize(("shift", "least"), [(1.05, 0.9), (1.1, 0.99)])
def test_a_true_difference_is_found_and_never_with_the_wrong_sign(
    shift: float, least: float
) -> None:
    words: list[str] = []

    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = paired_ratio(noise(rng, 240), shift * noise(rng, 240))
        assert found is not None
        words.append(verdict(found, EFFECT))

    assert words.count("slower") >= least * len(words)
    assert not {"faster", "same"} & set(words)


def test_exchanging_the_two_inverts_the_ratio_and_its_interval() -> None:
    rng = np.random.default_rng(3)
    base, candidate = noise(rng, 120), 1.2 * noise(rng, 120)

    forward, back = paired_ratio(base, candidate), paired_ratio(candidate, base)

    assert forward is not None
    assert back is not None
    ratio, low, high = forward
    assert back == pytest.approx((1 / ratio, 1 / high, 1 / low))


def test_the_unit_of_the_times_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    base, candidate = noise(rng, 120), noise(rng, 120)

    assert paired_ratio(base, candidate) == pytest.approx(
        paired_ratio(base * 1e-9, candidate * 1e-9)
    )


def test_rounds_in_which_a_clock_did_not_move_are_left_out() -> None:
    base, candidate = np.ones(40), np.full(40, 1.5)
    candidate[::7] = 0.0

    assert paired_ratio(base, candidate) == pytest.approx((1.5, 1.5, 1.5))
    assert paired_ratio(base, np.zeros(40)) is None


def test_four_pairs_give_no_interval() -> None:
    assert paired_ratio([1, 1, 1, 1], [1, 1, 1, 1]) is None


@pytest.mark.parametrize(
    ("n", "n_stretches"), [(5, 5), (14, 14), (15, 5), (30, 10), (36, 12), (500, 12)]
)
def test_stretches_are_at_most_twelve_and_three_pairs_long_where_there_are_enough(
    n: int, n_stretches: int
) -> None:
    values = np.arange(n, dtype=float)
    cut = in_stretches(values)

    assert cut is not None
    assert len(cut) == n_stretches
    assert cut.reshape(-1).tolist() == values[: cut.size].tolist()


def test_a_stretch_counts_by_its_middle_third() -> None:
    quiet = np.tile([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 12)
    burst = np.where(quiet > 6, 1e6, quiet)

    found = stretch_middles(burst)

    assert found is not None
    assert found.tolist() == [5.0] * 12


def test_one_of_three_values_of_a_stretch_may_be_anything() -> None:
    found = stretch_middles(np.tile([1.0, 1e9, 2.0], 12))

    assert found is not None
    assert found.tolist() == [2.0] * 12


@pytest.mark.parametrize(
    ("interval", "word"),
    [
        pytest.param((1.1, 1.03, 1.2), "slower", id="all above"),
        pytest.param((0.9, 0.8, 0.97), "faster", id="all below"),
        pytest.param((1.0, 0.99, 1.01), "same", id="inside the dead zone"),
        pytest.param((1.03, 1.01, 1.05), "ambiguous", id="across the upper edge"),
        pytest.param((1.0, 0.9, 1.1), "ambiguous", id="across both edges"),
    ],
)
def test_verdict_is_by_the_whole_interval(interval: tuple[float, float, float], word: str) -> None:
    assert verdict(interval, EFFECT) == word


@pytest.mark.parametrize("shift", [0.9, 1.0, 1.01, 1.1])
def test_p_value_is_the_level_at_which_the_interval_begins_to_decide(shift: float) -> None:
    rng = np.random.default_rng(5)
    found = stretches(noise(rng, 240), shift * noise(rng, 240))
    assert found is not None

    p = found.p_value(EFFECT)

    assert verdict(found.interval(p * 1.01), EFFECT) != "ambiguous"
    assert verdict(found.interval(p * 0.99), EFFECT) == "ambiguous"


def test_holm_judges_the_clearest_most_strictly_and_stops_at_the_first_failure() -> None:
    levels = holm_levels([0.001, 0.9, 0.008, 0.02], 0.03)

    assert levels == pytest.approx([0.03 / 4, 0.015, 0.01, 0.015])


def test_holm_of_one_comparison_is_the_whole_level() -> None:
    assert holm_levels([0.5], 0.02) == [0.02]


def test_four_times_the_time_is_asked_for_where_the_interval_is_twice_too_wide() -> None:
    rng = np.random.default_rng(6)
    found = stretches(noise(rng, 240), noise(rng, 240))
    assert found is not None
    half = found.half_width(0.02)
    effect = float(np.expm1(abs(found.mean) + half / 2))

    more = more_seconds(found, 0.02, effect, measured_s=5.0)

    assert more == pytest.approx(15.0)


def test_no_time_is_promised_where_it_would_take_hours() -> None:
    found = stretches([1.0, 1.1] * 60, [1.1, 1.0] * 60)
    assert found is not None

    assert more_seconds(found, 0.02, 1e-9, measured_s=10.0) is None


def test_min_detectable_is_the_half_width_and_the_smallest_effect() -> None:
    assert min_detectable(np.log(1.03), 0.02) == pytest.approx(0.05)


def test_centre_of_equal_times_has_no_width() -> None:
    found = centre(np.full(100, 7.0))

    assert (found.min, found.q10, found.median, found.q90) == (7.0, 7.0, 7.0, 7.0)
    assert (found.ci_low, found.ci_high) == pytest.approx((7.0, 7.0))


def test_centre_covers_the_true_median_about_as_often_as_it_says() -> None:
    hits = 0

    for seed in range(400):
        # Noise on top of 1 has a median of exp(0) = 1, bursts aside: 5 % of them shift it by 0.2 %.
        found = centre(np.exp(0.05 * np.random.default_rng(seed).standard_normal(240)))
        hits += found.ci_low <= 1 <= found.ci_high

    assert 0.92 <= hits / 400 <= 0.98


def test_centre_of_three_times_is_their_range() -> None:
    found = centre([3.0, 1.0, 2.0])

    assert (found.median, found.ci_low, found.ci_high) == (2.0, 1.0, 3.0)
