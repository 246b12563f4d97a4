"""Errors that a run raises are told where the mistake stands, where JAX's own words say so."""

import traceback
from collections.abc import Generator

import jax
import pytest

from jax_workbench.tools.lint_jax_code import LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.observed_findings import observed_findings
from jax_workbench.tools.lint_jax_code.observing import NAME
from jax_workbench.tools.lint_jax_code.origin import origin_of
from jax_workbench.tools.lint_jax_code.source import Source

START = "import jax\nimport jax.numpy as jnp\n"
LEAKED = """\
kept = []
@jax.jit
def f(x):
    y = x * 2
    kept.append(y)
    return y
f(1.0)
print(kept[0] + 1)
"""
BODY = """\
def body(carry, x):
    return carry + x
jax.lax.scan(body, 0.0, jnp.ones(3))
"""
CONDITION = """\
def loop(x):
    return jax.lax.while_loop(
        lambda s: s > 1, lambda s: s / 2, x)
loop(jnp.ones(3))
"""
RULE = """\
@jax.custom_vjp
def f(x):
    return x
def back(residual, ct):
    return ct
f.defvjp(lambda x: (x, None), back)
jax.grad(f)(1.0)
"""
ARGUMENTS = """\
def body(carry):
    return carry
jax.lax.fori_loop(0, 3, body, 0.0)
"""
METHOD = """\
class Model:
    @jax.jit
    def predict(self, x):
        return x
Model().predict(1.0)
"""
CALLBACK = """\
@jax.jit
def f(x):
    return jax.pure_callback(lambda v: v[:1], x, x)
print(f(jnp.ones(3)))
"""
LINEN = """\
from flax import linen as nn
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dropout(0.5, deterministic=False)(x)
net, x = Net(), jnp.ones(3)
print(
    net.apply({}, x))
"""


@pytest.fixture(autouse=True)
def all_frames() -> Generator[None]:
    """As in the worker: no frame of JAX is left out."""
    before = jax.config.jax_traceback_filtering
    jax.config.update("jax_traceback_filtering", "off")
    yield
    jax.config.update("jax_traceback_filtering", before)


def error_of(code: str) -> Exception:
    try:
        exec(compile(code, NAME, "exec"), {"__name__": "__main__"})  # noqa: S102 - ours
    except Exception as error:  # noqa: BLE001 - it is what is looked at
        return error
    message = "The code was meant to raise."
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (LEAKED, 4),
        (BODY, 2),
        (
            BODY.replace("(body,", "(partial(body),").replace(
                "def", "from functools import partial\ndef"
            ),
            3,
        ),
        (CONDITION, 3),
        (RULE, 5),
        (ARGUMENTS, 1),
        (METHOD, 2),
        (CALLBACK, 3),
        (LINEN, 8),
    ],
    ids=["leak", "body", "partial", "lambda", "rule", "arguments", "method", "callback", "linen"],
)
def test_the_line_to_mend_is_known(code: str, line: int) -> None:
    text = START + code

    assert origin_of(error_of(text), Source(text)) == line + 2


@pytest.mark.parametrize(
    "code",
    [
        "jnp.dot(jnp.ones(3), jnp.ones(4))\n",
        "def f(x):\n    return x\nf()\n",
        BODY.replace(
            "return carry + x", "if x is None:\n        return carry\n    return carry + x"
        ),
        BODY + "def body(carry, x):\n    return carry, x\n",
        BODY.replace("return carry + x", "return carry.astype(int), x"),
    ],
    ids=["raised there", "called by the text", "two returns", "two of that name", "either end"],
)
def test_where_it_is_not_certain_the_line_that_raises_is_named(code: str) -> None:
    text = START + code

    assert origin_of(error_of(text), Source(text)) is None


def test_the_finding_stands_at_the_origin_and_names_the_line_that_raises() -> None:
    text = START + BODY
    error = error_of(text)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == NAME]
    said = {"kind": "raises", "lines": lines, "text": str(error), "origin": 4}

    (finding,) = observed_findings([said], LintJaxCodeAsk(code=text), [])

    assert (finding["line"], finding["code"]) == (4, "JAX002")
    assert finding["message"].startswith("What is written here makes line 5 raise")
    assert [(at["line"], at["message"]) for at in finding["related"]] == [(5, "Raised here.")]


def test_nothing_is_added_where_a_finding_stands_at_the_origin() -> None:
    said = {"kind": "raises", "lines": [5], "text": "TypeError: no pair", "origin": 4}
    there = {"line": 4, "end_line": 4, "evidence": "not_checked"}

    assert observed_findings([said], LintJaxCodeAsk(code=START + BODY), [there]) == []
