"""Errors against closed forms, and no error where the data say nothing."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from jax_workbench.tools.fit_curve.identifiability import determined
from jax_workbench.tools.fit_curve.inference import Uncertainty, uncertainty
from jax_workbench.tools.fit_curve.objective import Objective
from jax_workbench.tools.fit_curve.profile_interval import profile_interval
from jax_workbench.tools.fit_curve.residual_tests import residual_tests, runs
from jax_workbench.tools.fit_curve.robust_loss import Loss
from jax_workbench.tools.fit_curve.solve import Solver
from tests.tools.fit_curve.conftest import DECAY, X, curve_of, rows_of


def fitted(text: str, x: np.ndarray, y: np.ndarray) -> tuple[Objective, np.ndarray, Uncertainty]:
    """Objective, optimum and what is known about it."""
    solver = Solver(curve_of(text), rows_of(x, y), 0)
    solution = solver.solve(np.full(len(solver.curve.free), np.nan), searching=True)
    local = solver.objective.local(solution.theta)
    moving = np.ones(len(solution.theta), bool)
    spread = uncertainty(local, moving, y.size, None, is_absolute=False)
    return solver.objective, solution.theta, spread


def test_errors_of_a_line_are_those_of_the_textbook() -> None:
    y = 2 * X + 1 + np.sin(7 * X)

    _, theta, spread = fitted("a*x + b", X, y)

    book: Any = stats.linregress(X, y)
    np.testing.assert_allclose(spread.se, [book.stderr, book.intercept_stderr], rtol=1e-12)
    np.testing.assert_allclose(theta, [book.slope, book.intercept], rtol=1e-12)
    assert spread.quantile == pytest.approx(stats.t.ppf(0.975, 38), rel=1e-12)


def test_errors_do_not_depend_on_the_units() -> None:
    _, theta, spread = fitted("a*exp(-k*x) + c", X, DECAY)

    _, scaled, wide = fitted("a*exp(-k*x) + c", X * 1e9, DECAY * 1e-20)

    np.testing.assert_allclose(scaled / theta, [1e-20, 1e-9, 1e-20], rtol=1e-9)
    np.testing.assert_allclose(wide.se / spread.se, [1e-20, 1e-9, 1e-20], rtol=1e-6)


def test_a_product_has_no_errors_but_its_partner_has() -> None:
    _, theta, spread = fitted("a*b*exp(-k*x)", X, DECAY)
    _, _, alone = fitted("a*exp(-k*x)", X, DECAY)

    assert np.isnan(spread.se[:2]).all()
    # One degree of freedom less for the parameter too many.
    ratio = np.sqrt(alone.variance / spread.variance)
    assert spread.se[2] * ratio == pytest.approx(alone.se[1], rel=1e-6)
    assert determined(spread.null[0], theta, ["a", "b", "k"], [0]) == ([0, 1], "a*b")


@pytest.mark.parametrize(
    ("null", "theta", "linear", "known"),
    [
        ([1.0, -1.0, 0.0], [3.0, 5.0, 2.0], [], "a + b"),
        ([1.0, 1.0, 0.0], [3.0, 5.0, 2.0], [], "a - b"),
        ([3.0, -5.0, 0.0], [3.0, 5.0, 2.0], [], "a*b"),
        ([3.0, 5.0, 0.0], [3.0, 5.0, 2.0], [], "a/b"),
        ([3.0, -10.0, 0.0], [3.0, 5.0, 2.0], [], "a**2*b"),
        ([2.0, -2.0, 0.0], [2.0, 2.0, 2.0], [0, 1], "a + b"),
        ([1.0, 0.37, 0.11], [3.0, 5.0, 2.0], [], "some combination of a, b, c"),
    ],
)
def test_whole_ratios_name_the_combination_that_is_known(
    null: list[float], theta: list[float], linear: list[int], known: str
) -> None:
    _, found = determined(np.array(null), np.array(theta), ["a", "b", "c"], linear)

    assert found == known


def test_a_profile_end_is_where_the_refitted_sum_of_squares_meets_its_limit() -> None:
    x = np.linspace(0.5, 3, 8)
    y = 10 * x / (6 + x) + 0.25 * np.array([1, -1, 0.5, 0.3, -0.8, 1, -0.6, 0.2])
    objective, theta, spread = fitted("v*x/(k + x)", x, y)
    cost = objective.local(theta).cost

    ends = profile_interval(objective, theta, cost, spread, 1)

    assert ends is not None
    low = ends[0]
    assert low is not None
    basis = (x / (low + x))[:, None]
    refitted = np.linalg.lstsq(basis, y)[1][0]
    assert refitted - cost == pytest.approx(spread.variance * spread.quantile**2, rel=2e-3)


def test_a_profile_does_not_end_in_the_valley_behind_a_pole() -> None:
    x = np.linspace(0, 5, 15)
    y = 10 * x / (6 + x) + 0.4 * np.random.default_rng(3).normal(size=15)
    objective, theta, spread = fitted("v*x/(k + x)", x, y)
    cost = objective.local(theta).cost

    ends = profile_interval(objective, theta, cost, spread, 0)

    assert ends is not None
    low = ends[0]
    assert low is not None
    rss = [float(np.sum((low * x / (k + x) - y) ** 2)) for k in np.linspace(0.1, 20, 20_000)]
    assert min(rss) - cost == pytest.approx(spread.variance * spread.quantile**2, rel=2e-3)


def test_the_quadratic_of_a_linear_parameter_needs_no_profile() -> None:
    objective, theta, spread = fitted("a*x + b", X, 2 * X + np.sin(7 * X))

    cost = objective.local(theta).cost

    assert profile_interval(objective, theta, cost, spread, 0) is None


@pytest.mark.parametrize("name", ["linear", "soft_l1", "huber", "cauchy", "arctan"])
def test_a_loss_and_its_derivatives_belong_together(name: str) -> None:
    z = np.array([0.01, 0.5, 0.9, 1.5, 4.0, 30.0])
    loss, h = Loss(name), 1e-6

    value, first, second = loss.rho(z)
    above, below = loss.rho(z + h), loss.rho(z - h)

    np.testing.assert_allclose((above[0] - below[0]) / (2 * h), first, rtol=1e-6)
    np.testing.assert_allclose((above[1] - below[1]) / (2 * h), second, rtol=1e-5, atol=1e-9)
    assert (value <= z + 1e-15).all()


def test_runs_of_one_sign_are_counted_as_by_wald_and_wolfowitz() -> None:
    # 10 of each sign in 2 runs: mean 11, variance 90 / 19.
    ordered = np.repeat([1.0, -1.0], 10)

    assert runs(ordered) == pytest.approx(stats.norm.cdf((2 - 11) / np.sqrt(90 / 19)), rel=1e-12)


def test_noise_raises_no_alarm_and_a_trend_does() -> None:
    noise = np.random.default_rng(3).normal(size=200)
    x = np.arange(200.0)

    calm = residual_tests(noise, x, x, 1e-12, 2)
    trend = residual_tests(noise + 2 * np.sin(x / 20), x, x, 1e-12, 2)

    assert (calm.runs_p or 0) > 0.001
    assert calm.outliers == ()
    assert (trend.runs_p or 1) < 1e-6


def test_outliers_are_named_largest_first() -> None:
    noise = np.random.default_rng(4).normal(size=100)
    noise[[10, 60]] = (9, -30)

    found = residual_tests(noise, np.arange(100.0), np.zeros(100), 1e-12, 2)

    assert found.outliers == (60, 10)
