"""The whole chain in the real sandbox: true verdicts, and code that tries to get a better one."""

from typing import Any

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.watch import Watch
from jax_workbench.tools.check_gradients import CheckGradientsAnswer, CheckGradientsAsk
from jax_workbench.tools.check_gradients.plan import plan
from jax_workbench.tools.errors import ToolError

pytestmark = pytest.mark.anyio

HEAD = "import jax, jax.numpy as jnp, numpy as np\n"
RIGHT = HEAD + "def fn(p, x):\n    return jnp.sum(jnp.tanh(x @ p['w']) ** 2)\n"
ARGS = """
def make_args():
    key = jax.random.key(0)
    return {'w': jax.random.normal(key, (4, 3))}, jax.random.normal(key, (5, 4))
"""
WRONG = (
    HEAD
    + """
@jax.custom_vjp
def cube(x):
    return x ** 3
cube.defvjp(lambda x: (x ** 3, x), lambda x, g: (2.0 * x ** 2 * g,))
def fn(p, x):
    return jnp.sum(x @ cube(p['w']))
"""
)

LIES = {
    "numpy agrees to everything": """
np.allclose = np.isclose = lambda *a, **k: True
np.abs = lambda *a, **k: 0.0
""",
    "jax differentiates by a stub": """
import jax.test_util
jax.test_util.check_grads = lambda *a, **k: None
jax.value_and_grad = jax.grad = lambda f, *a, **k: (lambda *x: x)
""",
    "the judge of this process passes all": """
from jax_workbench.tools.check_gradients import judge, localisation
judge.run = lambda argument, job: {"status": "pass"}
""",
    "the suspects are hidden": """
from jax_workbench.tools.check_gradients import tracer
tracer.audit_rules = lambda *a: {"suspects": (), "n_rules": 0, "unaudited": ()}
""",
}


async def check(pool: BackgroundPool, code: str, **arguments: Any) -> CheckGradientsAnswer:
    ask = CheckGradientsAsk.model_validate(
        {"code": code, "timeout_s": 200, "time_budget_s": 60, **arguments}
    )
    jobs = CallJobs(pool, Watch("gradients"), inputs={}, limits=Limits(wall_s=ask.timeout_s))
    return await plan(ask, jobs)


def codes(answer: CheckGradientsAnswer) -> set[str]:
    return {note.code for note in answer.notes}


async def test_a_right_gradient_passes(pool: BackgroundPool) -> None:
    answer = await check(pool, RIGHT + ARGS)

    assert answer.status == "pass"
    assert "in_process" not in codes(answer)


async def test_a_wrong_rule_is_named_with_leaf_line_and_ratio(pool: BackgroundPool) -> None:
    answer = await check(pool, WRONG + ARGS)

    assert answer.status == "fail"
    assert answer.result
    (found,) = [f for f in answer.result.findings if f.rule]
    assert (found.rule, found.line, found.leaf) == ("cube", 4, 'args[0]["w"]')
    assert found.ratio == pytest.approx(2 / 3, rel=1e-3)


@pytest.mark.parametrize("lie", LIES)
async def test_a_wrong_gradient_fails_whatever_its_process_was_made_to_say(
    lie: str, pool: BackgroundPool
) -> None:
    answer = await check(pool, WRONG + ARGS + LIES[lie])

    assert answer.status == "fail"


async def test_a_verdict_that_the_code_could_have_written_says_so(pool: BackgroundPool) -> None:
    forged = """
from jax_workbench.tools.check_gradients import tracer, in_process
def callback_free(*a):
    raise tracer.CannotLeave("it said so")
tracer.export_programs = callback_free
"""

    answer = await check(pool, WRONG + ARGS + forged)

    assert "in_process" in codes(answer)


async def test_a_wrong_rule_beside_a_host_callback_fails(pool: BackgroundPool) -> None:
    calling = (
        WRONG
        + """
def with_callback(p, x):
    said = jax.ShapeDtypeStruct((), x.dtype)
    at = jax.lax.stop_gradient(jnp.sum(x))
    return fn(p, x) + 0 * jax.pure_callback(lambda a: np.asarray(a), said, at)
"""
    )

    answer = await check(pool, calling + ARGS, fn="with_callback")

    assert answer.status == "fail"
    assert "in_process" in codes(answer)


async def test_a_process_that_the_code_ends_is_no_verdict(pool: BackgroundPool) -> None:
    with pytest.raises(ToolError) as lost:
        await check(pool, "import os\nos._exit(0)\n" + RIGHT + ARGS)

    assert lost.value.code == "worker_died"


async def test_a_report_of_another_shape_is_refused(pool: BackgroundPool) -> None:
    broken = """
from jax_workbench.tools.check_gradients import tracer
tracer.Traced.model_dump = lambda self: {"status": "pass"}
"""

    with pytest.raises(ToolError) as refused:
        await check(pool, RIGHT + ARGS + broken)

    assert refused.value.code == "user_code_failed"
    assert "can't be read" in refused.value.cause


async def test_code_that_never_ends_is_inconclusive_within_its_budget(
    pool: BackgroundPool,
) -> None:
    answer = await check(pool, "while True:\n    pass\n" + RIGHT + ARGS, time_budget_s=3)

    assert answer.status == "inconclusive"
    assert "budget_spent" in codes(answer)
