"""Differences and what they say, on functions whose derivative is known in closed form."""

import math
import struct
from collections.abc import Callable

import numpy as np
import pytest

from jax_workbench.tools.check_gradients.differences import (
    Samples,
    evaluation_noise,
    sample,
    slopes,
)
from jax_workbench.tools.check_gradients.outcome import (
    ByAD,
    Outcome,
    Precision,
    compare,
)

EPS = 2.0**-52
SMOOTH: dict[str, tuple[Callable[[float], float], float, float]] = {
    "sine": (math.sin, 1.0, EPS),
    "exponential": (math.expm1, 1.0, EPS),
    "far from 0": (lambda t: (1e6 + t) ** 2 - 1e12, 2e6, 1e12 * EPS),
    "near the edge of its domain": (lambda t: math.log(0.06 + t) - math.log(0.06), 1 / 0.06, EPS),
    "high frequency": (lambda t: math.sin(300 * t), 300.0, EPS),
    "flat": (lambda t: t**3, 0.0, EPS),
}
"""Functions that are 0 at 0, their slope there, and the rounding of a value."""


def noisy(size: float) -> Callable[[float], float]:
    """The exponential with normal noise that is always the same at a point."""

    def phi(t: float) -> float:
        rng = np.random.default_rng([*struct.pack("d", t)])
        return math.expm1(t) + size * float(rng.standard_normal())

    return phi


def judged(
    phi: Callable[[float], float], ad: float, noise: float = EPS, magnitude: float = 1.0
) -> Outcome:
    by_ad = ByAD(ad, abs(ad), abs(ad))
    return compare(sample(phi), noise, by_ad, Precision(EPS, 1e-6), magnitude)


@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_bar_covers_the_true_error(name: str) -> None:
    phi, true, rounding = SMOOTH[name]

    found = slopes(sample(phi), noise=rounding)

    for slope in (found.central, found.right, found.left):
        assert abs(slope.value - true) <= slope.error + 1e-12 * abs(true)
    assert found.central.error <= 1e-6 * max(1.0, abs(true))


def test_the_error_bar_covers_the_true_error_of_a_noisy_function() -> None:
    found = slopes(sample(noisy(1e-9)), noise=1e-9)

    assert abs(found.central.value - 1) <= found.central.error
    assert 1e-9 < found.central.error < 1e-5


def test_noise_is_measured_within_a_factor_of_five() -> None:
    for size in (1e-12, 1e-9, 1e-6):
        assert size / 5 < evaluation_noise(noisy(size)) < 5 * size


def test_a_smooth_function_has_little_noise_and_a_jump_is_none() -> None:
    assert evaluation_noise(math.expm1) < 1e-16
    assert evaluation_noise(lambda t: math.expm1(t) + (t > 0)) < 1e-15


def test_a_side_outside_the_domain_is_left_out() -> None:
    samples = sample(lambda t: math.sqrt(t) if t >= 0 else math.nan)

    found = slopes(samples, noise=EPS)

    assert not math.isfinite(found.left.error)
    assert not math.isfinite(found.central.error)


def test_steps_outside_the_domain_break_the_table_not_the_answer() -> None:
    edge = 0.01

    found = slopes(sample(lambda t: math.log1p(t / edge) if t > -edge else math.nan), noise=EPS)

    assert abs(found.central.value - 1 / edge) <= found.central.error
    assert found.central.error < 1e-8


def test_sampling_ends_when_it_is_told_that_it_is_enough() -> None:
    seen: list[Samples] = []

    def is_enough(so_far: Samples) -> bool:
        seen.append(so_far)
        return len(so_far.steps) >= 10

    assert len(sample(math.sin, is_enough).steps) == 10
    assert len(seen[0].steps) == 8


DIRECTIONS: dict[str, tuple[Callable[[float], float], float, str]] = {
    "right": (math.sin, 1.0, "pass"),
    "a little wrong": (math.sin, 1.0 + 1e-5, "fail"),
    "below the resolution": (math.sin, 1.0 + 1e-8, "pass"),
    "wrong sign": (math.sin, -1.0, "fail"),
    "kink, between": (abs, 0.0, "kink"),
    "kink, one side": (abs, 1.0, "kink"),
    "kink, outside": (abs, 1.5, "fail"),
    "jump": (lambda t: math.sin(t) + (t > 0), 1.0, "jump"),
    "constant": (lambda t: 0.0 * t, 0.0, "pass"),
    "curvature is no kink": (lambda t: 50 * t**2 + t, 1.0, "pass"),
    "nowhere defined": (lambda t: math.nan if t else 0.0, 1.0, "uncertain"),
}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_what_one_direction_says(name: str) -> None:
    phi, ad, kind = DIRECTIONS[name]

    assert judged(phi, ad).kind == kind


def test_a_kink_gives_both_slopes() -> None:
    outcome = judged(lambda t: max(2 * t, -t), 0.5)

    assert (outcome.slope_left, outcome.slope_right) == pytest.approx((-1, 2), abs=1e-9)


def test_resolution_is_a_millionth_for_a_smooth_function() -> None:
    assert judged(math.sin, 1.0).resolution == pytest.approx(1e-6, rel=0.01)


def test_noise_above_the_slope_is_uncertain_not_wrong() -> None:
    assert judged(noisy(1e-2), 0.8, noise=1e-2, magnitude=1.0).kind == "uncertain"
