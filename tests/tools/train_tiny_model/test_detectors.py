"""Detectors on made-up traces: the sign of each fault, and runs that only look like it."""

from typing import Any

import numpy as np

from jax_workbench.tools.train_tiny_model.detectors import Facts, findings_of, is_still_falling
from jax_workbench.tools.train_tiny_model.trace import Trace, spread_of

N = 200
STEPS = np.arange(N)
FALLING = 0.05 + 2.2 * np.exp(-STEPS / 30)


def trace(loss: Any = FALLING, ratio: Any = 3e-3, norms: Any = None, looks: Any = ()) -> Trace:
    """A run of `N` steps with two weight arrays."""
    made = Trace(evaluations=[*looks])
    made.add(
        {
            "loss": np.broadcast_to(loss, N),
            "update_ratio": np.broadcast_to(ratio, N),
            "leaf_norm": np.ones((N, 2)) if norms is None else norms,
        }
    )
    return made


def facts(**changes: Any) -> Facts:
    """A run that learnt."""
    usual: dict[str, Any] = {
        "init_loss": 2.3,
        "learning_rate": 1e-3,
        "leaf_names": ("a", "b"),
        "steps": N,
    }
    return Facts(**{**usual, **changes})


def codes(found: Trace, **changes: Any) -> list[str]:
    """Names of what is wrong."""
    return [finding.code for finding in findings_of(found, facts(**changes))]


def test_a_falling_loss_with_usual_updates_is_healthy() -> None:
    assert codes(trace()) == []


def test_a_peak_with_large_updates_is_a_high_rate_and_with_small_ones_is_not() -> None:
    loss = FALLING + 40 * np.exp(-(((STEPS - 20) / 8) ** 2))

    assert codes(trace(loss, 0.5)) == ["learning_rate_too_high"]
    assert codes(trace(loss, 1e-3)) == []


def test_one_bad_batch_is_no_high_rate() -> None:
    loss = FALLING.copy()
    loss[50] = 13.0

    assert codes(trace(loss, 0.05)) == []


def test_small_updates_are_a_low_rate_only_where_the_loss_hardly_fell() -> None:
    assert codes(trace(2.3 - 1e-4 * STEPS, 1e-6)) == ["learning_rate_too_low"]
    assert codes(trace(FALLING, 1e-6)) == []


def test_equal_weights_are_lost_updates_and_nothing_else() -> None:
    assert codes(trace(2.3, 0.0)) == ["updates_lost"]


def test_a_layer_without_gradient_is_named_unless_its_gradient_faded() -> None:
    frozen, faded = np.ones((N, 2)), np.ones((N, 2))
    frozen[:, 1] = 0
    faded[100:, 1] = 0

    (finding,) = findings_of(trace(norms=frozen), facts())
    assert (finding.code, finding.layer) == ("zero_gradient_layer", "b")
    assert codes(trace(norms=faded)) == []


def test_dead_units_are_told_of_wide_layers_only() -> None:
    assert codes(trace(), dead=((0, 64, 0.98),)) == ["dead_units"]
    assert codes(trace(), dead=((0, 64, 0.6), (1, 2, 1.0))) == []


def test_overfitting_needs_an_early_best_a_rise_and_a_gap() -> None:
    def looks(end: float, best: int) -> list[tuple[int, float]]:
        return [(s, 0.5 + (s < best) * 0.5 + max(0, s - best) / N * end) for s in range(0, N, 10)]

    rising, late = trace(looks=looks(2.0, 50)), trace(looks=looks(2.0, 190))

    assert codes(rising, scores=(1.0, 0.7)) == ["overfitting"]
    assert codes(rising, scores=(1.0, 0.7), stopped_early=True) == []
    assert codes(rising, scores=(1.0, 0.7), stopped_early=True, learns_nothing=True) != []
    assert codes(rising, scores=(0.99, 0.97)) == []
    assert codes(rising, scores=(1.0, 0.9), gap_noise=0.12) == []
    assert codes(late, scores=(1.0, 0.7)) == []


def test_small_steps_of_sixteen_bit_weights_are_rounded_away() -> None:
    assert codes(trace(ratio=1e-4), is_low_precision=True) == ["low_precision"]
    assert codes(trace(ratio=0.02), is_low_precision=True) == []


def test_a_slope_beyond_its_scatter_is_still_falling() -> None:
    rng = np.random.default_rng(0)
    steps = range(0, 400, 10)
    steep = [(s, 2.0 - 0.003 * s) for s in steps]
    flat = [(s, 1.0 + 0.05 * rng.normal()) for s in steps]

    assert is_still_falling(trace(looks=steep))
    assert not is_still_falling(trace(looks=flat))


def test_the_first_bad_step_is_found_in_losses_and_gradients() -> None:
    norms = np.ones((N, 2))
    norms[7, 1] = np.inf
    loss = FALLING.copy()
    loss[9] = np.nan

    assert trace(loss, norms=norms).first_bad() == 7
    assert trace(loss).first_bad() == 9
    assert trace().first_bad() is None


def test_the_spread_tells_the_first_tenth_apart() -> None:
    found = spread_of(np.concatenate([np.full(10, 1e-6), np.full(90, 1e-2)]))

    assert found["first_tenth"] == 1e-6
    assert found["median"] == 1e-2
    assert spread_of(np.array([np.nan])) == {}


def test_an_array_with_a_gradient_that_never_moved_is_frozen() -> None:
    (finding,) = findings_of(trace(), facts(unmoved=("b",)))

    assert (finding.code, finding.layer) == ("zero_gradient_layer", "b")
    assert "mask" in finding.fix
    assert codes(trace(), unmoved=("a", "b")) == []


def test_a_start_above_chance_counts_only_where_it_is_not_soon_made_good() -> None:
    slow = 4.0 - STEPS / N

    assert codes(trace(slow), init_loss=4.0, expected_loss=1.1) == ["bad_init"]
    assert codes(trace(FALLING / 3), init_loss=2.3, expected_loss=1.1) == []


def test_a_slight_rise_counts_as_overfitting_where_all_was_memorised() -> None:
    looks = [(s, 1.0 + 0.1 * (s > 40)) for s in range(0, N, 10)]

    assert codes(trace(looks=looks), scores=(1.0, 0.4)) == ["overfitting"]
    assert codes(trace(looks=looks), scores=(1.0, 0.9)) == []


def test_updates_that_are_nan_are_not_lost_ones() -> None:
    assert codes(trace(ratio=np.nan), is_low_precision=True) == []
