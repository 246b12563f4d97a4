"""What running the text adds to the findings, in the real sandbox."""

from typing import Any

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.jobs_handle import CallJobs
from jax_workbench.server.watch import Watch
from jax_workbench.tools.lint_jax_code import LintJaxCodeAnswer, LintJaxCodeAsk
from jax_workbench.tools.lint_jax_code.observed_findings import observed_findings
from jax_workbench.tools.lint_jax_code.plan import plan

pytestmark = pytest.mark.anyio

REUSED = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n"
MISFIT = """\
import json
import jax.numpy as jnp

sizes = json.loads("[3, 4]")
a = jnp.ones(sizes[0])
b = jnp.ones(sizes[1])
print(jnp.dot(a, b))
"""


async def confirm(pool: BackgroundPool, code: str, **more: Any) -> LintJaxCodeAnswer:
    jobs = CallJobs(pool, Watch("confirm"), inputs={}, limits=Limits(wall_s=60))
    return await plan(LintJaxCodeAsk(code=code, confirm=True, **more), jobs)


def told(answer: LintJaxCodeAnswer) -> list[tuple[str, int, str]]:
    assert answer.result is not None
    return [(f.code, f.line, f.evidence) for f in answer.result.findings]


async def test_a_finding_whose_error_comes_is_confirmed_and_told_once(
    pool: BackgroundPool,
) -> None:
    answer = await confirm(pool, REUSED)

    assert told(answer) == [("JAX301", 4, "confirmed")]


async def test_a_branch_in_a_function_that_nothing_calls_is_confirmed_on_guessed_arguments(
    pool: BackgroundPool,
) -> None:
    code = "import jax\n\n@jax.jit\ndef f(x):\n    return x if x > 0 else -x\n"

    answer = await confirm(pool, code)

    assert told(answer) == [("JAX101", 5, "confirmed")]


async def test_what_raises_nothing_is_not_confirmed_by_an_error_that_passes_its_line(
    pool: BackgroundPool,
) -> None:
    code = "import jax, jax.numpy as jnp\nprint(jnp.log(jax.nn.softmax('no array')))\n"

    answer = await confirm(pool, code, select=["JAX605"])

    assert told(answer) == [("JAX605", 2, "not_checked")]


async def test_an_error_that_no_finding_predicts_is_one(pool: BackgroundPool) -> None:
    answer = await confirm(pool, MISFIT)

    assert told(answer) == [("JAX002", 7, "confirmed")]
    assert answer.result
    assert answer.result.counts["error"] == 1
    assert "TypeError" in answer.result.findings[0].message
    assert answer.status == "findings"


async def test_an_error_names_the_lines_that_led_to_it(pool: BackgroundPool) -> None:
    inside = MISFIT.replace("print(jnp.dot(a, b))", "def dot():\n    return jnp.dot(a, b)\ndot()")

    answer = await confirm(pool, inside)

    assert told(answer) == [("JAX002", 8, "confirmed")]
    assert answer.result
    assert [at["line"] for at in answer.result.findings[0].related] == [9]


@pytest.mark.parametrize(
    "code",
    [
        MISFIT.replace("[3, 4]", "[3, 3]"),
        "import a_module_that_is_not_there\n",
        "import jax\njax.devices('gpu')\n",
        "open('nothing.csv')\n",
        "raise ValueError('ours')\n",
    ],
    ids=["it runs", "no module", "no device", "no file", "its own error"],
)
async def test_what_is_no_fault_of_its_use_of_jax_is_not_told(
    pool: BackgroundPool, code: str
) -> None:
    assert told(await confirm(pool, code)) == []


async def test_a_name_that_a_library_no_longer_has_is_told(pool: BackgroundPool) -> None:
    code = "import jax\nfrom jax import partial\nimport jax.nothing_of_that_name\n"

    answer = await confirm(pool, code, select=["JAX002"])

    assert told(answer) == [("JAX002", 2, "confirmed")]


async def test_what_a_library_lets_python_refuse_is_told(pool: BackgroundPool) -> None:
    code = "from flax import linen as nn\nclass Net(nn.Module):\n    sizes: list = []\n"

    answer = await confirm(pool, code, select=["JAX002"])

    assert told(answer) == [("JAX002", 2, "confirmed")]
    assert answer.result
    assert "mutable default" in answer.result.findings[0].message


@pytest.mark.parametrize("name", ["JAX002", "raises-when-run"])
async def test_it_can_be_ignored_like_any_rule(pool: BackgroundPool, name: str) -> None:
    assert told(await confirm(pool, MISFIT, ignore=[name])) == []


async def test_it_can_be_selected_by_its_name(pool: BackgroundPool) -> None:
    answer = await confirm(pool, MISFIT, select=["raises-when-run"])

    assert told(answer) == [("JAX002", 7, "confirmed")]


async def test_code_that_ends_its_worker_keeps_the_static_findings(pool: BackgroundPool) -> None:
    answer = await confirm(pool, REUSED + "import os\nos._exit(3)\n")

    assert told(answer) == [("JAX301", 4, "not_checked")]
    assert [note.code for note in answer.notes] == ["not_confirmed"]


NAN = """\
import jax
import jax.numpy as jnp

def spread(x, n):
    return jnp.sqrt(jnp.sum((x - x.mean()) ** n))

print(jax.grad(spread)(jnp.ones(3), int("2")))
"""
UNSEEN = """\
import jax
import jax.numpy as jnp

def draw(source):
    return source(jax.random.key(3)) + source(jax.random.key(3))

keys = {"a": jax.random.key(0)}
for name in "aa":
    print(getattr(jax.random, "normal")(keys[name]))
"""
ANEW = """\
import jax
import jax.numpy as jnp

total = jax.jit(lambda x: x.sum())
pieces = [jnp.ones(int(n)) for n in "123456"]
print(list(map(total, pieces)))
"""
UNCALLED = """\
import jax
import jax.numpy as jnp

TABLE = {"positive": lambda x: x if x.sum() > 0 else -x}

@jax.jit
def oriented(x):
    return TABLE["positive"](x)
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (NAN, ("JAX005", 5, "confirmed")),
        (NAN.replace("jnp.sqrt(", "jnp.floor("), ("JAX005", 7, "confirmed")),
        (UNSEEN, ("JAX003", 9, "confirmed")),
        (ANEW, ("JAX006", 6, "confirmed")),
        (UNCALLED, ("JAX002", 4, "confirmed")),
    ],
    ids=["a nan gradient", "a zero gradient", "a key used twice", "compilations", "uncalled"],
)
async def test_what_a_run_shows_besides_errors_is_told(
    pool: BackgroundPool, code: str, said: tuple[str, int, str]
) -> None:
    seen = await confirm(pool, code, select=["JAX00"])

    assert told(seen) == [said]


async def test_what_a_library_warns_of_is_told(pool: BackgroundPool) -> None:
    code = 'import jax.numpy as jnp\nkind = "float64"\nprint(jnp.ones(2).astype(kind))\n'

    assert told(await confirm(pool, code, select=["JAX004"])) == [("JAX004", 3, "confirmed")]


async def test_a_comment_takes_back_what_the_run_shows(pool: BackgroundPool) -> None:
    code = MISFIT.replace("print(jnp.dot(a, b))", "print(jnp.dot(a, b))  # noqa: JAX002")

    assert told(await confirm(pool, code)) == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        1,
        {"lines": [], "text": "x"},
        {"kind": "raises", "lines": [], "text": "x"},
        {"kind": "raises", "lines": [99], "text": "x"},
        {"kind": "raises", "lines": "7", "text": 1},
        {"kind": "unheard of", "lines": [7], "text": "x"},
    ],
)
def test_what_no_honest_run_says_is_no_finding(said: Any) -> None:
    assert observed_findings([said], LintJaxCodeAsk(code=MISFIT), []) == []
    assert observed_findings(said, LintJaxCodeAsk(code=MISFIT), []) == []
