"""A name that nothing binds is told from data that a snippet leaves out."""

import pytest

from jax_workbench.tools.lint_jax_code.linting import lint_text

SNIPPET = """\
import jax


@jax.jit
def squared({bound}):
    return {read} ** 2
"""


def severities(bound: str, read: str) -> list[str]:
    """What a snippet is told of the name that it reads."""
    linted = lint_text(SNIPPET.format(bound=bound, read=read), profile="snippet")
    return [h.severity for h in linted.shown if h.rule.code == "JAX804"]


@pytest.mark.parametrize(
    ("bound", "read"),
    [("inner", "iner"), ("steady", "staedy"), ("learning_rate", "learnning_rate")],
)
def test_a_slip_of_one_letter_is_an_error_in_a_snippet_too(bound: str, read: str) -> None:
    assert severities(bound, read) == ["error"]


@pytest.mark.parametrize(
    ("bound", "read"),
    [
        ("batch", "batches"),
        ("train_x", "train_y"),
        ("row", "raw"),
        ("batch", "batch1"),
        ("x", "weights"),
    ],
)
def test_another_name_in_a_snippet_is_taken_for_data_from_outside(bound: str, read: str) -> None:
    assert "error" not in severities(bound, read)
