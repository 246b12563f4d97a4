"""Exponents of made-up times."""

import math
from typing import Any

import numpy as np
import pytest

from jax_workbench.tools.benchmark_fn.scaling import Point, exponent_of

SIZES = (64, 128, 256, 512)


def points(power: float, *, error: float = 0.01, floor_us: float = 0.0) -> list[Point]:
    times = [3e-3 * size**power for size in SIZES]
    spread = math.exp(error)
    return [
        Point(size, us, us / spread, us * spread, floor_us)
        for size, us in zip(SIZES, times, strict=True)
    ]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0, 3.0])
def test_an_exact_power_is_found(power: float) -> None:
    found = exponent_of(points(power))

    assert found
    assert found.exponent == pytest.approx(power, abs=1e-9)
    assert found.low < power < found.high
    assert (found.first, found.last) == (64, 512)


def test_the_interval_is_that_of_the_errors_of_the_times() -> None:
    """Four points, a factor 2 apart, with equal errors s: s / (ln 2 sqrt 5) is textbook."""
    found = exponent_of(points(2.0, error=0.02))

    assert found
    expected = 0.02 / (math.log(2) * math.sqrt(5))
    assert found.high - found.exponent == pytest.approx(expected, rel=1e-6)


def test_what_is_no_power_widens_the_interval() -> None:
    bent = [
        Point(n, us, us * 0.999, us * 1.001, 0.0)
        for n, us in ((n, 10.0 + 1e-3 * n**2) for n in SIZES)
    ]

    found = exponent_of(bent)

    assert found
    assert 0 < found.exponent < 2
    assert found.high - found.low > 1


def test_times_near_the_dispatch_floor_are_left_out() -> None:
    first, second, third, fourth = (p.us for p in points(2.0))
    assert first < second < third < fourth

    found = exponent_of(points(2.0, floor_us=second / 5))

    assert found
    assert (found.first, found.last) == (128, 512)
    assert exponent_of(points(2.0, floor_us=third / 5)) is None


def test_the_interval_holds_the_true_exponent_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    hits: list[Any] = []
    for _ in range(400):
        noisy = [
            Point(
                p.size,
                p.us * (f := float(np.exp(0.01 / 1.96 * rng.standard_normal()))),
                p.low_us * f,
                p.high_us * f,
                0.0,
            )
            for p in points(1.5)
        ]
        found = exponent_of(noisy)
        assert found
        hits.append(found.low <= 1.5 <= found.high)

    assert np.mean(hits) > 0.93
