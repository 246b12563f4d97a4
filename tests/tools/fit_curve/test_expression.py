"""What a formula may say, and what it means."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from jax_workbench.tools.errors import ToolError
from jax_workbench.tools.fit_curve.bessel import j0, j1
from jax_workbench.tools.fit_curve.expression import evaluate, parse_expression, parse_formula
from jax_workbench.tools.fit_curve.library.composition import LIBRARY, entry_of, formula_of

X = np.linspace(0.1, 2, 7)


def value(text: str, **parameters: float) -> np.ndarray:
    """The formula at X."""
    parsed = parse_expression(text, ["x"])
    given = [jnp.asarray(parameters[name]) for name in parsed.parameters]
    return np.asarray(parsed([jnp.asarray(X)], given))


def test_names_that_are_no_predictor_are_parameters_in_their_order() -> None:
    parsed = parse_expression("amp*exp(-x1/tau) + c*x2 + pi", ["x1", "x2"])

    assert parsed.parameters == ("amp", "tau", "c")


def test_arithmetic_is_pythons() -> None:
    np.testing.assert_allclose(value("-a**2*x + b/x - 2**3", a=3, b=4), -9 * X + 4 / X - 8)


def test_a_caret_is_a_power_and_binds_like_one() -> None:
    np.testing.assert_allclose(value("y = a*x^2 + 1", a=3), 3 * X**2 + 1)


def test_comparisons_are_zero_and_one_in_arithmetic_and_conditions_in_where() -> None:
    np.testing.assert_allclose(
        value("a*(x > 1) + 0.5*(0.5 < x <= 1)", a=2), 2 * (X > 1) + 0.5 * ((X > 0.5) & (X <= 1))
    )
    np.testing.assert_allclose(value("where(x < b, x, a)", a=9, b=1), np.where(X < 1, X, 9))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*log1p(x)", np.log1p(X)),
        ("a*expm1(x)", np.expm1(X)),
        ("a*log10(x)", np.log10(X)),
        ("a*arctan2(x, 2)", np.arctan2(X, 2)),
        ("a*erf(x)", special.erf(X)),
        ("a*gamma(x)", special.gamma(X)),
        ("a*lgamma(x)", special.gammaln(X)),
        ("a*minimum(x, 1) + maximum(x, 1)", np.minimum(X, 1) + np.maximum(X, 1)),
        ("a*abs(x-1)", abs(X - 1)),
        ("a*e*x", np.e * X),
    ],
)
def test_functions_are_those_of_their_names(text: str, expected: np.ndarray) -> None:
    np.testing.assert_allclose(value(text, a=1), expected, rtol=1e-12)


def test_bessel_functions_have_full_precision_at_any_size() -> None:
    x = np.linspace(-80, 80, 2001)

    np.testing.assert_allclose(j0(jnp.asarray(x)), special.j0(x), atol=3e-15)
    np.testing.assert_allclose(j1(jnp.asarray(x)), special.j1(x), atol=3e-15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os').system('ls')*x", "may not stand"),
        ("a.b*x", "may not stand"),
        ("[x for x in a]", "may not stand"),
        ("(lambda: x)()*a", "may not stand"),
        ("a*foo(x)", "'foo'"),
        ("a*exq(x)", "Did you mean exp"),
        ("a*exp(x, 2)", "takes 1"),
        ("a x", "does not parse"),
        ("a*exp", "may not stand|is a function"),
        ("a + b", "does not contain 'x'"),
        ("2*x", "no parameters"),
        ("x" * 5000, "5000 characters"),
    ],
)
def test_what_is_not_on_the_list_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ToolError, match=said) as refused:
        parse_expression(text, ["x"])

    assert refused.value.code == "bad_argument"


def test_towers_of_powers_cost_nothing() -> None:
    tree = parse_formula("9**9**9**9**9")

    assert not np.isfinite(evaluate(tree, {}))


@pytest.mark.parametrize("name", [*LIBRARY, "polynomial0", "polynomial9", "rational32"])
def test_every_model_of_the_library_is_a_finite_formula_of_x(name: str) -> None:
    formula = formula_of(name, "x")

    assert formula is not None
    parsed = parse_expression(formula, ["x"])
    given = [jnp.asarray(0.7 + 0.1 * k) for k in range(len(parsed.parameters))]
    assert np.isfinite(np.asarray(parsed([jnp.linspace(0.2, 0.8, 5)], given))).all()


@pytest.mark.parametrize("name", [name for name, entry in LIBRARY.items() if entry.scale])
def test_the_scale_of_a_model_only_scales_it(name: str) -> None:
    entry = entry_of(name)
    assert entry is not None
    parsed = parse_expression(entry.formula, ["x"])
    given = {p: jnp.asarray(0.7 + 0.1 * k) for k, p in enumerate(parsed.parameters)}
    x = jnp.linspace(0.2, 0.8, 5)
    once = parsed([x], [given[p] for p in parsed.parameters])
    given[entry.scale] = 3 * given[entry.scale]

    thrice = parsed([x], [given[p] for p in parsed.parameters])

    np.testing.assert_allclose(thrice, 3 * once, rtol=1e-12)


def test_terms_of_a_sum_get_numbers_where_names_repeat() -> None:
    formula = formula_of("gaussian + gaussian + linear", "t") or ""

    assert parse_expression(formula, ["t"]).parameters == (
        "amplitude_1", "centre_1", "width_1", "amplitude_2", "centre_2", "width_2",
        "slope", "intercept",
    )  # fmt: skip


def test_a_later_factor_of_a_product_loses_its_scale() -> None:
    formula = formula_of("exponential_decay*sine", "x") or ""

    assert parse_expression(formula, ["x"]).parameters == ("amplitude", "rate", "omega", "phase")


def test_a_misspelt_library_name_is_corrected() -> None:
    with pytest.raises(ToolError, match="Did you mean lorentzian"):
        formula_of("gaussian + lorenzian", "x")
