"""What the solver finds out about a model, and that it finds the optimum."""

import numpy as np
import pytest

from jax_workbench.tools.fit_curve.analysis import analyse
from jax_workbench.tools.fit_curve.dimensions import find_dimensions
from jax_workbench.tools.fit_curve.expression import parse_expression
from jax_workbench.tools.fit_curve.levenberg_marquardt import descend, polish
from jax_workbench.tools.fit_curve.linear_set import linear_parameters
from jax_workbench.tools.fit_curve.objective import CHUNK, Objective
from jax_workbench.tools.fit_curve.parameters import Grouping, make_curve
from jax_workbench.tools.fit_curve.solve import Solver
from jax_workbench.tools.fit_curve.variable_projection import project
from tests.tools.fit_curve.conftest import DECAY, X, curve_of, rows_of


def rng() -> np.random.Generator:
    """Always the same draws."""
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("text", "linear"),
    [
        ("a*exp(-k*x) + c", {"a", "c"}),
        ("a*b*x + c", {"a", "c"}),
        ("(p + q*x)/(1 + r*x)", {"p", "q"}),
        ("a*abs(x - m)", {"a"}),
        ("where(x < t, a, b)", {"a", "b"}),
        ("maximum(a*x, b)", set[str]()),
        ("exp(a*x)", set[str]()),
        ("a + b*x + c*x**2", {"a", "b", "c"}),
    ],
)
def test_linear_parameters_are_found_without_being_told(text: str, linear: set[str]) -> None:
    curve = curve_of(text)

    found = linear_parameters(curve, X[None], rng())

    assert {curve.names[j] for j in found} == linear


@pytest.mark.parametrize(
    ("text", "powers", "shifts"),
    [
        ("a*exp(-(x-m)**2/s**2)", {"a": 0, "m": 1, "s": 1}, {"m": 1, "s": 0}),
        ("a*exp(-k*x)", {"a": 0, "k": -1}, {}),
        ("a*sin(2*pi*x/t + p)", {"t": 1, "p": 0}, {}),
        ("a*x**2 + b", {"a": -2, "b": 0}, {}),
        ("v*x**n/(k**n + x**n)", {"k": 1, "n": 0}, {}),
    ],
)
def test_a_parameter_carries_the_unit_that_the_formula_gives_it(
    text: str, powers: dict[str, float], shifts: dict[str, float]
) -> None:
    curve = curve_of(text)

    found = find_dimensions(curve, linear_parameters(curve, X[None], rng()), rng())

    for name, power in powers.items():
        assert found.power[0, curve.names.index(name)] == pytest.approx(power, abs=1e-6)
    for name, shift in shifts.items():
        assert found.shift[0, curve.names.index(name)] == pytest.approx(shift, abs=1e-6)


def test_a_product_of_parameters_lacks_rank_before_any_data_are_seen() -> None:
    curve = curve_of("a*b*exp(-k*x)")

    assert find_dimensions(curve, [0], rng()).is_rank_deficient


def test_projection_is_linear_least_squares_in_the_linear_parameters() -> None:
    objective = Objective(curve_of("a*exp(-k*x) + c"), rows_of(X, DECAY))
    basis = np.column_stack([np.exp(-1.1 * X), np.ones_like(X)])

    theta, *_ = project(objective, np.array([9.0, 1.1, 9.0]), [0, 2])

    np.testing.assert_allclose(theta[[0, 2]], np.linalg.lstsq(basis, DECAY)[0], rtol=1e-12)


def test_a_straight_line_is_solved_exactly_without_a_search() -> None:
    y = 2 * X + 1 + np.sin(7 * X)
    solution = Solver(curve_of("a*x + b"), rows_of(X, y), 0).solve(
        np.full(2, np.nan), searching=True
    )

    np.testing.assert_allclose(solution.theta, np.polyfit(X, y, 1), rtol=1e-13)
    assert solution.engine == "linear least squares"


def test_a_hopeless_start_does_not_keep_the_search_from_the_optimum() -> None:
    solver = Solver(curve_of("a*exp(-k*x) + c"), rows_of(X, DECAY), 0)
    free = np.full(3, np.nan)

    lost = solver.solve(np.array([1.0, 1e4, 0.0]), searching=True)
    found = solver.solve(free, searching=True)

    np.testing.assert_allclose(lost.theta, found.theta, rtol=1e-10)
    assert found.agreed == found.n_searches == 3


def test_the_same_seed_gives_the_same_bits() -> None:
    curve, rows = curve_of("a*sin(w*x + p)"), rows_of(X, np.sin(4 * X + 1))

    once, again = (
        Solver(curve, rows, 7).solve(np.full(3, np.nan), searching=True) for _ in range(2)
    )

    assert once.theta.tobytes() == again.theta.tobytes()


def test_equivalent_forms_are_named_and_the_plain_one_is_reported() -> None:
    x = np.linspace(0, 10, 60)
    y = 3 * np.exp(-((x - 6) ** 2) / 0.8**2) + 2 * np.exp(-((x - 3) ** 2) / 1.2**2)
    curve = curve_of("a*exp(-(x-m)**2/s**2) + b*exp(-(x-n)**2/t**2)")

    solution = Solver(curve, rows_of(x, y), 0).solve(np.full(6, np.nan), searching=True)

    np.testing.assert_allclose(solution.theta, [2, 3, 1.2, 3, 6, 0.8], rtol=1e-9)
    assert any("exchanged" in text for text in solution.form.equivalences)
    assert "s negated" in solution.form.equivalences


def test_an_aliased_frequency_becomes_the_lowest_one() -> None:
    x = np.arange(40.0)
    y = 2 * np.sin(0.9 * x + 0.4)
    solver = Solver(curve_of("a*sin(w*x + p)"), rows_of(x, y), 0)

    solution = solver.solve(np.array([2.0, 0.9 + 2 * np.pi, 0.4]), searching=False)

    assert abs(solution.theta[1]) == pytest.approx(0.9, rel=1e-9)


def test_many_rows_are_summed_chunk_by_chunk_to_the_same_triangle() -> None:
    x = np.linspace(0, 5, CHUNK + 1000)
    y = 3 * np.exp(-x) + 0.1
    objective = Objective(curve_of("a*exp(-k*x) + c"), rows_of(x, y))
    theta = np.array([2.0, 0.8, 0.2])
    r, jacobian = objective.residual_jacobian(theta)

    local = objective.local(theta)

    np.testing.assert_allclose(local.cost, r @ r, rtol=1e-12)
    np.testing.assert_allclose(local.r.T @ local.r, jacobian.T @ jacobian, rtol=1e-10)
    np.testing.assert_allclose(local.r.T @ local.qtr, jacobian.T @ r, rtol=1e-9)


def test_a_held_parameter_stays_and_polish_reaches_the_floor_of_rounding() -> None:
    objective = Objective(curve_of("a*exp(-k*x) + c"), rows_of(X, DECAY))

    end = descend(objective, np.array([3.0, 1.0, 0.5]), held=(1,))
    _, step = polish(objective, descend(objective, end.theta).theta)

    assert end.theta[1] == 1.0
    assert step < 1e-12


def test_what_is_found_out_about_many_sets_is_found_out_on_one() -> None:
    parsed = parse_expression("a*exp(-k*x)+c", ["x"])
    grouping = Grouping(tuple(str(n) for n in range(200)), ("c",))
    curve = make_curve(parsed, parsed.parameters, 1, {}, grouping)
    x = np.vstack([np.tile(np.linspace(0, 5, 12), 200), np.repeat(np.arange(200), 12)])

    one = analyse(curve, x, np.random.default_rng(0))
    every = one.of_all_sets(curve)

    assert one.dimensions.power.shape == (1, 3)
    assert [curve.names[j] for j in every.linear] == [
        *(name for name in curve.names if name.startswith("a[")), "c",
    ]  # fmt: skip
    assert every.dimensions.power.shape == (1, 401)
