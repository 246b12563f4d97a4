"""Programs and calls that the tests of the plan share."""

from typing import Any

from jax_workbench.tools.benchmark_fn import BenchmarkFnAnswer, BenchmarkFnAsk

HEAD = "import jax, jax.numpy as jnp\n"
PRODUCT = HEAD + "def fn(x):\n    return jnp.tanh(x @ x)\n"
TWICE = HEAD + "def fn(x):\n    return jnp.tanh(((x @ x) @ x) @ jnp.linalg.inv(x))\n"
RENAMED = HEAD + "def fn(matrix):\n    product = matrix @ matrix\n    return jnp.tanh(product)\n"
OTHER = HEAD + "def fn(x):\n    return jnp.tanh(x @ x) + 1e-2\n"
ENDLESS = """
import jax, jax.numpy as jnp
def fn(x):
    return jax.lax.while_loop(lambda c: jnp.isfinite(c).all(), lambda c: c * 0.9, x)
"""
MATRIX = [{"shape": [96, 96]}]


def ask(*codes: str, **arguments: Any) -> BenchmarkFnAsk:
    """One call with variants a, b, c ..., short and on a small matrix unless said otherwise."""
    variants = [{"name": "abcdefgh"[i], "code": code} for i, code in enumerate(codes)]
    inputs = {} if "make_inputs" in arguments else {"inputs": MATRIX}
    return BenchmarkFnAsk.model_validate(
        {"variants": variants, "time_budget_s": 0.5, **inputs, **arguments}
    )


def verdicts(answer: BenchmarkFnAnswer) -> dict[str, tuple[str, str]]:
    assert answer.result
    return {c.candidate: (c.verdict, c.reason) for c in answer.result.comparisons}


def codes(answer: BenchmarkFnAnswer) -> set[str]:
    return {note.code for note in answer.notes}
