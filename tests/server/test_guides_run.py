"""The guides' code, run by the tool that their readers use."""

import re
from pathlib import Path

import anyio
import pytest
from mcp import Client

from jax_workbench.server.app import build_server
from jax_workbench.server.guides import guides
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.sandboxing import local_pool
from jax_workbench.server.settings import Settings
from jax_workbench.tools import run_jax_code

pytestmark = pytest.mark.anyio

LIMIT_S = 300


async def test_every_block_of_every_guide_runs(tmp_path: Path, subtests: pytest.Subtests) -> None:
    settings = Settings(state_dir=tmp_path)
    server = build_server(
        (run_jax_code.TOOL,),
        local_pool(settings),
        settings,
        RunStore.open(settings),
        JobBook(max_unfinished=8),
    )
    with anyio.fail_after(LIMIT_S):
        async with Client(server) as client:
            for guide in guides().values():
                for code in re.findall(r"```python\n(.*?)```", guide.text, re.DOTALL):
                    with subtests.test(guide.name):
                        devices = 4 if guide.name == "sharding" else 1
                        got = await client.call_tool(
                            "run_jax_code", {"code": code, "devices": devices}
                        )
                        assert not got.is_error, got.content
