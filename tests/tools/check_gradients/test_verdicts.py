"""The twelve verdicts, each on a small function: what is said, where, and what to do."""

from typing import Any

import pytest

from jax_workbench.tools.check_gradients import CheckGradientsAnswer, Finding
from tests.tools.check_gradients.conftest import Check

HEAD_LINES = 6
HALVED = """\
@jax.custom_vjp
def square(x):
    return x**2

square.defvjp(lambda x: (x**2, x), lambda x, t: (t * x,))
"""
FROZEN = """\
@jax.custom_jvp
def cube(x):
    return x**3

cube.defjvps(lambda t, out, x: 3 * lax.stop_gradient(x) ** 2 * t)

def fn(x):
    return jnp.sum(cube(x))
"""


def only(answer: CheckGradientsAnswer) -> Finding:
    assert answer.result is not None
    (finding,) = answer.result.findings
    return finding


def codes(answer: CheckGradientsAnswer) -> set[str]:
    return {note.code for note in answer.notes}


def test_right_derivatives_pass_in_both_modes_at_full_resolution(check: Check) -> None:
    answer = check(
        "def fn(p, n):\n    return jnp.tanh(p['w'] @ p['b']) * n",
        "({'w': jnp.ones((2, 3)) / 4, 'b': jnp.arange(3.0)}, 2)",
    )

    assert answer.status == "pass"
    assert answer.result is not None
    assert answer.result.findings == ()
    assert (answer.result.modes.fwd, answer.result.modes.rev) == (True, True)
    assert answer.result.precision == "x64"
    assert answer.result.resolution == pytest.approx(1e-6, rel=0.01)
    assert answer.result.confidence == 1
    assert answer.result.cost.n_inputs == 9
    assert [d.outcome for d in answer.result.directions] == ["pass"] * 4


def test_a_wrong_rule_is_named_with_leaf_element_ratio_and_line(check: Check) -> None:
    answer = check(
        HALVED + "def fn(p):\n    return jnp.sum(square(p['w']))", "({'w': jnp.arange(1.0, 4.0)},)"
    )

    assert answer.status == "fail"
    finding = only(answer)
    assert (finding.leaf, finding.index, finding.n_wrong) == ('args[0]["w"]', (2,), 3)
    assert (finding.ad_value, finding.fd_value) == pytest.approx((3.0, 6.0))
    assert finding.ratio == pytest.approx(0.5)
    assert (finding.rule, finding.line) == ("square", HEAD_LINES + 2)
    assert finding.source == "def square(x):"
    assert "1/2" in finding.hint
    assert f"computed by a lambda, line {HEAD_LINES + 5}." in finding.hint
    assert "square" in answer.summary
    assert answer.next[0].tool == "check_gradients"


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        (
            (
                "@jax.custom_vjp\ndef cube(x):\n    return x**3\n\n"
                "def back(x, g):\n    return (g * x,)\n\ncube.defvjp(lambda x: (x**3, x), back)\n"
            ),
            "back, line 11",
        ),
        (
            (
                "cube = jax.custom_jvp(lambda x: x**3)\n\n"
                "@cube.defjvp\ndef along(x, t):\n    return cube(*x), x[0] * t[0]\n"
            ),
            "along, line 10",
        ),
    ],
)
def test_the_function_that_computes_the_wrong_derivative_is_named(
    check: Check, rule: str, place: str
) -> None:
    answer = check(rule + "\ndef fn(x):\n    return jnp.sum(cube(x))\n", "(jnp.arange(1.0, 4.0),)")

    assert f"Its derivative is computed by {place}." in only(answer).hint


def test_a_wrong_gradient_without_a_rule_is_found_by_differences(check: Check) -> None:
    answer = check(
        "def fn(x, y):\n    return jnp.sum(x * lax.stop_gradient(x) * y)",
        "(jnp.arange(1.0, 4.0), jnp.ones(3))",
        argnums=[0],
    )

    assert answer.status == "fail"
    finding = only(answer)
    assert finding.leaf == "args[0]"
    assert finding.ratio == pytest.approx(0.5)
    assert finding.rule is None


def test_forward_mode_that_differs_from_reverse_mode_fails(check: Check) -> None:
    answer = check(
        "def fn(x):\n    twice = jax.custom_derivatives.linear_call\n"
        "    return jnp.sum(twice(lambda r, v: 2 * v, lambda r, t: 3 * t, (), x))",
        "(jnp.ones(3),)",
    )

    assert answer.status == "fail"
    assert answer.result is not None
    assert answer.result.findings[0].primitive == "linear_call"
    assert answer.result.modes.fwd_rev_max_error == pytest.approx(1 / 3, rel=0.01)


def test_a_rule_right_in_first_order_only_fails_in_second_order(check: Check) -> None:
    first = check(FROZEN, "(jnp.arange(1.0, 4.0),)")
    second = check(FROZEN, "(jnp.arange(1.0, 4.0),)", order=2)

    assert first.status == "pass"
    assert second.status == "fail_second_order"
    assert only(second).rule == "cube"
    assert only(second).ratio == pytest.approx(0, abs=1e-6)


ROOT = "def fn(x):\n    n = jnp.sum(x**2)\n    return jnp.sqrt(n)"
BRANCH = "def fn(x):\n    y = jnp.log(x)\n    return jnp.sum(jnp.where(x > 0, y, 0.0))"
ROOTS = "def fn(x):\n    y = 2 * x\n    return jnp.sum(jnp.sqrt(y))"


NON_FINITE: dict[str, tuple[str, str, tuple[Any, ...]]] = {
    "norm at zero": (ROOT, "zeros(3)", ("nan", "sqrt", "backward", 3)),
    "branch not taken": (BRANCH, "arange(3.0)", ("nan", "log", "forward", 2)),
    "root at zero": (ROOTS, "arange(2.0)", ("inf", "sqrt", "backward", 3)),
}


@pytest.mark.parametrize("case", NON_FINITE)
def test_a_gradient_that_is_not_finite_has_its_line_primitive_and_remedy(
    check: Check, case: str
) -> None:
    text, arguments, (status, primitive, phase, line) = NON_FINITE[case]

    answer = check(text, f"(jnp.{arguments},)")

    assert answer.status == status
    finding = only(answer)
    assert (finding.primitive, finding.phase) == (primitive, phase)
    assert finding.line == HEAD_LINES + line
    assert finding.index == (0,)
    assert "jnp.where" in finding.hint
    assert answer.next[0].tool == "run_jax_code"


def test_overflow_in_the_own_dtype_alone_is_found(check: Check) -> None:
    answer = check("def fn(x):\n    return jnp.log(jnp.exp(x).sum())", "(jnp.array([1.0, 100.0]),)")

    assert answer.status in {"nan", "inf"}
    assert "float32" in only(answer).hint


def test_a_kink_has_both_slopes_and_what_jax_returns(check: Check) -> None:
    answer = check("def fn(x):\n    return 3 * jnp.sum(jnp.maximum(x, 0.0))", "(jnp.arange(3.0),)")

    assert answer.status == "kink"
    finding = only(answer)
    assert finding.index == (0,)
    assert (finding.slope_left, finding.slope_right) == pytest.approx((0, 3), abs=1e-6)
    assert finding.ad_value == pytest.approx(1.5)
    assert (finding.primitive, finding.line) == ("max", HEAD_LINES + 2)


def test_a_kink_does_not_hide_a_wrong_rule_beside_it(check: Check) -> None:
    answer = check(
        "def fn(x):\n    h = jnp.abs(x)\n    return jnp.sum(h * lax.stop_gradient(h) + h)",
        "(jnp.arange(3.0),)",
    )

    assert answer.status == "fail"


def test_a_jump_at_the_point_is_a_discontinuity(check: Check) -> None:
    answer = check("def fn(x):\n    return jnp.sum(x + jnp.floor(x))", "(jnp.array([2.0, 0.5]),)")

    assert answer.status == "discontinuous"
    assert only(answer).primitive == "floor"


VANISHED = {
    "k = jnp.round(3 * x)": "round",
    "k = (x > 0.2) * 1.0": "gt",
    "k = (5 * x).astype('int32')": "convert_element_type",
    "k = lax.stop_gradient(x)": "stop_gradient",
}


@pytest.mark.parametrize("cut", VANISHED)
def test_a_vanished_gradient_names_what_cut_it(check: Check, cut: str) -> None:
    answer = check(
        f"def fn(x, y):\n    {cut}\n    return jnp.sum(k * y)",
        "(jnp.array([0.13, 0.37, 0.58, 0.91]), jnp.ones(4))",
    )

    assert answer.status == "zero_gradient"
    finding = only(answer)
    assert (finding.leaf, finding.primitive) == ("args[0]", VANISHED[cut])
    assert finding.line == HEAD_LINES + 2


def test_a_straight_through_estimator_is_a_surrogate(check: Check) -> None:
    answer = check(
        "def fn(x):\n    q = x + lax.stop_gradient(jnp.round(4 * x) / 4 - x)\n"
        "    return jnp.sum(q**2)",
        "(jnp.array([0.3, 0.9]),)",
    )

    assert answer.status == "surrogate"


def test_a_function_that_draws_while_tracing_is_nondeterministic(check: Check) -> None:
    answer = check("def fn(x):\n    return x.sum() * np.random.rand()", "(jnp.ones(3),)")

    assert answer.status == "nondeterministic"
    assert "key" in answer.next[0].why


UNSUPPORTED: dict[str, tuple[str, dict[str, Any]]] = {
    "integers": ("(jnp.arange(3),)", {}),
    "no float of the chosen arguments": ("(jnp.arange(3), 1.0)", {"argnums": [0]}),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_nothing_to_differentiate_is_unsupported(check: Check, case: str) -> None:
    arguments, more = UNSUPPORTED[case]

    answer = check("def fn(*x):\n    return x[0] * 2", arguments, **more)

    assert answer.status == "unsupported"
    assert answer.next


def test_a_loop_without_reverse_mode_is_unsupported_and_checked_forward(check: Check) -> None:
    text = "def fn(x):\n    return lax.while_loop(lambda c: c < 9.0, lambda c: 1.7 * c, x)"

    both = check(text, "(jnp.asarray(1.1),)")
    forward = check(text, "(jnp.asarray(1.1),)", modes=["fwd"])

    assert both.status == "unsupported"
    assert "while_loop" in both.summary
    assert "reverse_unavailable" in codes(both)
    assert forward.status == "pass"
    assert forward.result is not None
    assert forward.result.modes.fwd


def test_a_slope_that_noise_hides_is_no_verdict(check: Check) -> None:
    answer = check(
        "def fn(x):\n    noise = lax.stop_gradient(jnp.sin(1e13 * x))\n"
        "    return jnp.sum(1 + x + 0.05 * noise)",
        "(jnp.array([0.3, 0.7, 1.1]),)",
    )

    assert answer.status == "inconclusive"
    assert "noisy" in answer.next[0].why


def test_rounding_that_cancels_to_nothing_passes(check: Check) -> None:
    answer = check(
        "def fn(x):\n    return jnp.sum(jnp.sinh(x) - jnp.tanh(x) * jnp.cosh(x))",
        "(jnp.arange(1.0, 4.0),)",
    )

    assert answer.status == "pass"
