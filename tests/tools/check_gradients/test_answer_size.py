"""Many leaves and long names: the answer stays short, and complete in what it says."""

import pytest

from jax_workbench.tools.errors import ToolError
from tests.answer_size import MAX_TOKENS, n_tokens
from tests.tools.check_gradients.conftest import Check

ENVELOPE_TOKENS = 1500
"""Room for what the server adds: the files and the facts of the run."""
MANY = '({("key %d " % i) * 500: jnp.ones(4) * (1 + i / 100) for i in range(100)},)'
WRONG_RULE = """
@jax.custom_vjp
def f(x): return jnp.sin(x)
def fwd(x): return f(x), x
def bwd(x, g): return (g * jnp.sin(x),)
f.defvjp(fwd, bwd)
"""
TOTAL = "\ndef fn(d): return sum(jnp.sum(f(v)) for v in jax.tree.leaves(d))\n"


def test_a_hundred_wrong_leaves_of_long_names_fit(check: Check) -> None:
    answer = check(WRONG_RULE + TOTAL, MANY)

    assert answer.result
    assert n_tokens(answer.model_dump_json()) < MAX_TOKENS - ENVELOPE_TOKENS
    assert answer.status == "fail"
    assert answer.result.findings[0].rule == "f"


def test_a_hundred_leaves_that_are_nan_come_with_the_line(check: Check) -> None:
    answer = check("def f(x): return jnp.sqrt(x - 3)\n" + TOTAL, MANY)

    assert answer.result
    assert n_tokens(answer.model_dump_json()) < MAX_TOKENS - ENVELOPE_TOKENS
    assert answer.status == "nan"
    assert {finding.primitive for finding in answer.result.findings} == {"sqrt"}
    assert {finding.source for finding in answer.result.findings} == {
        "def f(x): return jnp.sqrt(x - 3)"
    }
    left_out = [note.text for note in answer.notes if note.code == "findings_left_out"]
    assert len(left_out) == 1
    assert "nan (92)" in left_out[0]


def test_more_leaves_than_are_checked_are_refused_with_their_number(check: Check) -> None:
    with pytest.raises(ToolError, match="4097 floating-point"):
        check("def fn(d): return sum(d)", "([1.0] * 4097,)")
