"""What the tool believes of the jaxprs of this version of JAX, one test a fact."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.check_gradients import jaxpr_reading
from jax_workbench.tools.check_gradients.jaxpr_reading import Origin, Replay

RULES = """
@jax.custom_jvp
def by_jvp(x):
    return jnp.sin(x)

@jax.custom_vjp
def by_vjp(x):
    return jnp.sin(x)

@jax.custom_jvp
def wrong(x):
    return jnp.sin(x)

by_jvp.defjvps(lambda t, out, x: t * jnp.cos(x))
wrong.defjvps(lambda t, out, x: 5 * t)
by_vjp.defvjp(lambda x: (jnp.sin(x), x), lambda x, t: (t * jnp.cos(x),))

def scan(x, n, reverse=False):
    return lax.scan(lambda c, v: (jnp.sin(c + v), c * v), x, jnp.arange(1., n) * x, reverse=reverse)
"""
PROGRAMS = {
    "jit": "jax.jit(jnp.tanh)(x)",
    "checkpoint": "jax.checkpoint(lambda y: jnp.sin(jnp.sin(y)))(x)",
    "cond": "lax.cond(x > 0, jnp.sin, jnp.cos, x)",
    "switch": "lax.switch(jnp.int32(2), [jnp.sin, jnp.cos, jnp.exp], x)",
    "scan": "scan(x, 5)",
    "reverse scan": "scan(x, 5, reverse=True)",
    "long scan": "scan(x, 100, reverse=True)",
    "fori": "lax.fori_loop(0, 4, lambda k, c: jnp.sin(c) + k, x)",
    "while": "lax.while_loop(lambda c: c < 9, lambda c: c * 2, x)",
    "custom_jvp": "by_jvp(x)",
    "custom_vjp": "by_vjp(x)",
    "gradient": "jax.grad(lambda y: by_vjp(jnp.tanh(y)) ** 2)(x)",
    "solve": "jnp.linalg.solve(jnp.eye(2) * x, jnp.ones(2))",
}
FILE = "<text>"


def function(expression: str) -> Callable[[Any], Any]:
    """The function of x that an expression is."""
    names: dict[str, Any] = {"jax": jax, "jnp": jnp, "lax": jax.lax}
    text = f"{RULES}\ndef fn(x):\n    return {expression}\n"
    exec(compile(text, FILE, "exec"), names)  # noqa: S102 - the text is ours
    return names["fn"]


def replayed(fn: Callable[[Any], Any], x: Any, **options: Any) -> tuple[list[Any], list[str]]:
    """Outputs of a replay, and the primitives that it visited."""
    seen: list[str] = []

    def visit(equation: Any, _values: Any, _out: Any, _origins: Any, _path: Any) -> None:
        seen.append(equation.primitive.name)

    jaxpr = jaxpr_reading.closed_jaxpr(fn, x)
    out, _ = Replay(visit, **options).run(jaxpr, [x], [Origin(frozenset({0}), same_index=True)])
    return out, seen


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_replay_gives_what_the_program_gives(name: str) -> None:
    fn, x = function(PROGRAMS[name]), jnp.float32(0.7)

    out, _ = replayed(fn, x)

    for mine, true in zip(out, jax.tree.leaves(fn(x)), strict=True):
        np.testing.assert_allclose(mine, true, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "primitive"),
    [
        ("checkpoint", "sin"),
        ("cond", "sin"),
        ("scan", "sin"),
        ("long scan", "sin"),
        ("while", "mul"),
    ],
)
def test_a_replay_sees_inside_jits_branches_scans_and_loops(name: str, primitive: str) -> None:
    assert primitive in replayed(function(PROGRAMS[name]), jnp.float32(0.7))[1]


def test_a_replay_takes_one_branch_only() -> None:
    assert "cos" not in replayed(function(PROGRAMS["cond"]), jnp.float32(0.7))[1]


@pytest.mark.parametrize("name", ["jvp", "vjp"])
def test_a_custom_rule_is_one_equation_unless_it_is_entered(name: str) -> None:
    fn, x = function(f"by_{name}(x)"), jnp.float32(0.7)

    assert replayed(fn, x)[1] == [f"custom_{name}_call"]
    assert replayed(fn, x, enters_rules=True)[1] == ["sin"]


@pytest.mark.parametrize(("name", "line"), [("by_jvp", 2), ("by_vjp", 6)])
def test_a_custom_rule_has_the_name_and_line_of_its_function(name: str, line: int) -> None:
    (equation,) = jaxpr_reading.closed_jaxpr(function(f"{name}(x)"), 0.7).eqns

    assert jaxpr_reading.rule_name_and_place(equation) == (name, f"{FILE}:{line}")


def test_a_bound_rule_has_its_own_derivative_and_the_replaced_function_the_true_one() -> None:
    (equation,) = jaxpr_reading.closed_jaxpr(function("wrong(x)"), 0.0).eqns

    def by_rule(x: Any) -> Any:
        return jaxpr_reading.bind(equation, [x])[0]

    def plain(x: Any) -> Any:
        return jaxpr_reading.as_function(jaxpr_reading.replaced_function(equation))(x)[0]

    assert jax.grad(by_rule)(0.0) == 5
    assert jax.grad(plain)(0.0) == 1


def test_the_telling_step_of_a_long_scan_is_entered_and_no_other() -> None:
    inputs = "jnp.zeros(90).at[0].set(-1.0)"
    fn = function(f"lax.scan(lambda c, v: (jnp.log(c - v), c), x, {inputs})")

    def is_nan(out: list[Any]) -> bool:
        return bool(jnp.isnan(out[0]))

    _, seen = replayed(fn, jnp.float32(0.7), is_telling=is_nan)

    assert seen.count("log") == 1


def test_an_origin_keeps_its_index_through_elementwise_operations_only() -> None:
    origins: dict[str, Origin] = {}

    def visit(equation: Any, _values: Any, _out: Any, sources: list[Origin], _path: Any) -> None:
        origins[equation.primitive.name] = sources[0]

    x = jnp.arange(3.0)
    jaxpr = jaxpr_reading.closed_jaxpr(function("jnp.tanh(jnp.cumsum(jnp.sin(2 * x)))"), x)
    Replay(visit).run(jaxpr, [x], [Origin(frozenset({0}), same_index=True)])

    assert origins["sin"] == Origin(frozenset({0}), same_index=True)
    assert origins["tanh"] == Origin(frozenset({0}), same_index=False)


def test_equations_inside_a_librarys_jits_have_the_line_of_the_caller() -> None:
    jaxpr = jaxpr_reading.closed_jaxpr(function("jnp.linalg.det(x + 1)"), jnp.eye(2))
    lines = {
        jaxpr_reading.user_line(equation, path, FILE)
        for equation, path in jaxpr_reading.equations(jaxpr)
    }

    assert lines == {RULES.count("\n") + 3}


def test_the_backward_pass_is_marked() -> None:
    fn = function("jax.grad(lambda y: jnp.sum(jnp.sin(y) ** 2))(x)")
    jaxpr = jaxpr_reading.closed_jaxpr(fn, jnp.ones(2))
    marks = [jaxpr_reading.is_transposed(e) for e, _ in jaxpr_reading.equations(jaxpr)]

    assert any(marks)
    assert not all(marks)
