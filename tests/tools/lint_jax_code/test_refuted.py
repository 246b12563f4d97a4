"""What a run refutes, and what it leaves alone, in the real sandbox."""

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.watch import Watch
from jax_workbench.tools.lint_jax_code import LintJaxCodeAnswer, LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.plan import plan
from jax_workbench.tools.lint_jax_code.verdicts import write_verdicts

pytestmark = pytest.mark.anyio


async def confirm(pool: BackgroundPool, code: str) -> LintJaxCodeAnswer:
    jobs = CallJobs(pool, Watch("refuted"), inputs={}, limits=Limits(wall_s=60))
    return await plan(LintJaxCodeAsk(code=code, confirm=True), jobs)


REBOUND = """\
import jax

k = jax.random.key(0)
a = jax.random.normal(k)
globals()["k"] = jax.random.key(7)
b = jax.random.normal(k)
"""
NO_ARRAY = """\
import jax.numpy as jnp
import numpy as np

jnp.zeros = np.zeros
a = jnp.zeros(3)
a[0] = 1.0
"""
NOT_TRACED = """\
import jax
import jax.numpy as jnp

jnp.mean = lambda values: 3.0

@jax.jit
def f(x):
    if jnp.mean(x) > 2:
        return x
    return -x

f(1.0)
"""
ONE_LENGTH = """\
import jax
import jax.numpy as jnp

total = jax.jit(jnp.sum)
counted = jax.jit(lambda v: v.sum())
v = jnp.ones(2)
for n in range(4, 9):
    counted(v[:n])
"""


@pytest.mark.parametrize(
    ("code", "said", "seen"),
    [
        (REBOUND, ("JAX301", 6), "checker of keys"),
        (NO_ARRAY, ("JAX401", 6), "ran once, and nothing was raised"),
        (NOT_TRACED, ("JAX101", 8), "ran once, and nothing was raised"),
        (ONE_LENGTH, ("JAX512", 8), "ran 5 times, and the function was compiled once"),
    ],
    ids=["another key", "no array of JAX", "a number", "one length"],
)
async def test_what_does_not_come_where_it_must_is_refuted_and_kept_as_info(
    pool: BackgroundPool, code: str, said: tuple[str, int], seen: str
) -> None:
    answer = await confirm(pool, code)

    assert answer.result is not None
    (finding,) = answer.result.findings
    assert (finding.code, finding.line) == said
    assert (finding.evidence, finding.severity) == ("refuted", "info")
    assert seen in finding.message
    assert answer.result.counts == {"error": 0, "warning": 0, "info": 1}
    assert answer.status == "clean"
    assert [note.code for note in answer.notes] == ["refuted"]


UNREACHED = "import sys\n" + NOT_TRACED.replace("f(1.0)", "if sys.argv == 1:\n    f(2)\nf(1.0)")


@pytest.mark.parametrize(
    "code",
    [
        REBOUND + "raise ValueError('ours')\n",
        REBOUND.replace('["k"]', '["q"]'),
        REBOUND.replace("b = ", "if not a.shape == ():\n    b = "),
        NO_ARRAY.replace("a[0] = 1.0", "try:\n    a[9] = 1.0\nexcept IndexError:\n    a = 0"),
        NOT_TRACED.replace("f(1.0)", ""),
        UNREACHED,
        "import jax\njax.config.update('jax_disable_jit', True)\n" + NOT_TRACED,
        ONE_LENGTH.replace("range(4, 9)", "range(3)"),
        ONE_LENGTH.replace("range(4, 9)", "range(4, 6)"),
        REBOUND.replace("jax.random.key(7)", "jax.random.fold_in(jax.random.key(7), 1)"),
    ],
    ids=[
        "an error elsewhere",
        "the key is used twice",
        "the second use is not reached",
        "raised and caught",
        "never called",
        "a call is not reached",
        "nothing is traced",
        "two lengths",
        "too few turns",
        "keys that fold_in made",
    ],
)
async def test_what_was_not_put_to_the_test_is_not_refuted(pool: BackgroundPool, code: str) -> None:
    answer = await confirm(pool, code)

    assert answer.result is not None
    evidence = {finding.evidence for finding in answer.result.findings}
    assert evidence
    assert evidence <= {"not_checked", "confirmed"}


async def test_what_is_refuted_stands_behind_what_is_not(pool: BackgroundPool) -> None:
    answer = await confirm(pool, NO_ARRAY + "c = jnp.ones(2, dtype='float64')\n")

    assert answer.result is not None
    assert [f.evidence for f in answer.result.findings][-1] == "refuted"
    assert answer.status == "findings"


@pytest.mark.parametrize(
    "value",
    [
        {"evidence": ["refuted"]},
        {"evidence": ["refuted"], "passes": []},
        {"evidence": "refuted", "passes": [1]},
    ],
)
def test_verdicts_of_another_form_are_not_taken(value: dict[str, object]) -> None:
    finding = {"code": "JAX101", "severity": "error", "message": "m", "evidence": "not_checked"}

    assert not write_verdicts([finding], value, {"error": 1, "warning": 0, "info": 0})
    assert finding["evidence"] == "not_checked"
