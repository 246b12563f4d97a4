"""grad at a display of arrays asks for floats in every leaf."""

from jax_workbench.tools.lint_jax_code.linting import lint_text

TEXT = """\
import jax
import jax.numpy as jnp

weights = {{"w": jnp.array([{first}, 2{rest}]), "b": [0.5]}}
slope = jax.grad(lambda p: (p["w"] * p["b"][0]).sum())(weights)
"""


def codes(first: str, rest: str) -> list[str]:
    """What is said of such weights."""
    return [h.rule.code for h in lint_text(TEXT.format(first=first, rest=rest)).shown]


def test_an_integer_leaf_is_told() -> None:
    assert codes("1", "") == ["JAX610"]


def test_floats_alone_are_silent() -> None:
    assert codes("1.0", ".0") == []
