"""The calls on the tools' pages, sent to the real server with the real sandbox."""

import json
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from jax_workbench.server.app import build_server
from jax_workbench.server.describe import AnyTool
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools.catalog import ALL_TOOLS

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
LIMIT_S = 1200
CALL_LIMIT_S = 300


def examples(tool: AnyTool) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The page's JSON blocks, which come in pairs: a call, and its answer."""
    page = (ROOT / "docs" / "tools" / f"{tool.name}.md").read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert blocks, "no example"
    assert len(blocks) % 2 == 0, "a call without its answer"
    return [*zip(blocks[::2], blocks[1::2], strict=True)]


def in_memory(state: Path, answer_within_s: float = 45) -> Client:
    """A client of the real server, whose sandbox is the real one."""
    settings = Settings(state_dir=state, answer_within_s=answer_within_s)
    jobs = JobBook(max_unfinished=settings.max_unfinished)
    store = RunStore.open(settings)
    return Client(build_server(ALL_TOOLS, local_pool(settings), settings, store, jobs))


def patience(tool: AnyTool) -> dict[str, Any]:
    """A limit that a busy machine meets too: what is shown is true at any speed."""
    return {"timeout_s": CALL_LIMIT_S} if "timeout_s" in tool.ask.model_fields else {}


async def check(client: Client, tool: AnyTool, known: dict[str, Any]) -> None:
    """Send each call of the page, and compare what the page shows of its answer."""
    for call, shown in examples(tool):
        got = await client.call_tool(tool.name, {**call, **known})

        assert not got.is_error, got.content
        answer = got.structured_content
        assert answer is not None
        assert answer["status"] == shown["status"]
        assert shown.keys() <= answer.keys()
        if isinstance(shown.get("result"), dict):
            assert shown["result"].keys() <= answer["result"].keys()
        assert type(shown.get("result")) is type(answer["result"]) or "result" not in shown


async def test_what_the_pages_of_the_tools_show_is_true(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    with anyio.fail_after(LIMIT_S):
        async with in_memory(tmp_path, answer_within_s=LIMIT_S) as client:
            for tool in ALL_TOOLS:
                with subtests.test(tool.name):
                    if tool.plan or tool.work:
                        await check(client, tool, patience(tool))


async def test_what_the_pages_of_the_job_tools_show_is_true(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    with anyio.fail_after(LIMIT_S):
        async with in_memory(tmp_path, answer_within_s=0) as client:
            running = await client.call_tool("run_jax_code", {"code": "1 + 1"})
            assert running.structured_content is not None
            known = {"job_id": running.structured_content["run"]["job_id"]}
            await client.call_tool("get_job", known)  # so that it has ended
            for tool in ALL_TOOLS:
                with subtests.test(tool.name):
                    if not (tool.plan or tool.work):
                        await check(client, tool, known)
