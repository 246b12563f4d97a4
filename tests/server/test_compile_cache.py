"""Compiled programs of one client's calls: who finds them, and whom a forged one reaches."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from mcp import Client

from jax_workbench.sandbox.face import Pool
from jax_workbench.sandbox.policy import JobSpec, Limits
from jax_workbench.server.app import build_server
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.worker_profile import ENTRY
from tests.server.conftest import ECHO, FakePool

pytestmark = pytest.mark.anyio

WORK = "jax_workbench.tools.run_jax_code.work:run"
ADD_ONE = """
import jax
def plus(x):
    return x + 1
float(jax.jit(plus)(2.0))
"""
FORGE = """
import jax, os
folder = jax.config.jax_compilation_cache_dir
def compiled(amount):
    before = set(os.listdir(folder))
    def plus(x):
        return x + amount
    jax.jit(plus)(2.0)
    (entry,) = {name for name in os.listdir(folder) if name.startswith("jit_plus-")} - before
    return os.path.join(folder, entry)
os.replace(compiled(1000), compiled(1))
"""


@pytest.fixture(scope="module")
async def pool() -> AsyncGenerator[Pool]:
    async with local_pool(Settings()) as running:
        yield running


async def value(pool: Pool, session: str | None, code: str) -> Any:
    argument = {"function": WORK, "argument": {"code": code}, "x64": False, "seed": 0}
    spec = JobSpec(ENTRY, argument, session=session, limits=Limits(wall_s=300))
    with anyio.fail_after(600):
        return (await pool.run(spec)).value["value"]["value"]


async def test_a_forged_program_harms_its_own_session_and_no_other(pool: Pool) -> None:
    assert await value(pool, "a stranger", ADD_ONE) == 3.0

    await value(pool, "the forger", FORGE)

    # Were it not so, the forgery would be none and the rest would show nothing.
    assert await value(pool, "the forger", ADD_ONE) == 1002.0
    assert await value(pool, "a stranger", ADD_ONE) == 3.0
    assert await value(pool, "a newcomer", ADD_ONE) == 3.0
    assert await value(pool, None, ADD_ONE) == 3.0


async def test_a_job_without_a_session_has_no_compile_cache(pool: Pool) -> None:
    code = "import jax\n(jax.config.jax_compilation_cache_dir, jax.config.jax_enable_x64)"

    assert await value(pool, None, code) == [None, False]


async def test_a_second_job_of_a_session_compiles_nothing_anew(pool: Pool) -> None:
    count = """
import jax
found = []
jax.monitoring.register_event_listener(lambda event, **_: found.append(event.split("/")[-1]))
""" + ADD_ONE.replace("float(", "x = float(")
    count += "[found.count('compile_requests_use_cache'), found.count('cache_hits')]"

    first = await value(pool, "ann", count)
    second = await value(pool, "ann", count)

    assert first[1] == 0
    assert second == [first[0], first[0]]


@pytest.mark.parametrize(("reuses", "session"), [(True, ""), (False, None)])
async def test_only_a_tool_that_asks_for_it_gets_its_callers_programs(
    reuses: bool,  # noqa: FBT001
    session: str | None,
    tmp_path: Any,
) -> None:
    fake, settings = FakePool(), Settings(state_dir=tmp_path)
    tools = (replace(ECHO, reuses_compiled=reuses),)
    server = build_server(tools, fake, settings, RunStore.open(settings), JobBook(max_unfinished=1))

    async with Client(server) as client:
        await client.call_tool("echo_code", {"code": "1"})

    assert [spec.session for spec in fake.specs] == [session]


def test_tools_that_measure_or_judge_start_without_compiled_programs() -> None:
    reusing = {tool.name for tool in ALL_TOOLS if tool.reuses_compiled}

    assert reusing == {"fit_curve", "run_mcmc", "train_tiny_model"}
