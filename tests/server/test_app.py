"""The server as a whole: what it says of itself, its pool, its disk."""

from pathlib import Path
from typing import Any, Self

import anyio
import pytest
from mcp import Client, types

from jax_workbench.server.guides import guides
from jax_workbench.server.instructions import INSTRUCTIONS
from jax_workbench.server.run_store import RunStore
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.server.conftest import FakePool, MakeServer

pytestmark = pytest.mark.anyio

LIMIT_S = 20


class PoolThatNeverStarts(FakePool):
    """As on a host where the jail takes for ever."""

    async def __aenter__(self) -> Self:
        """Wait for ever."""
        await anyio.sleep_forever()
        raise AssertionError


class PoolThatCannotStart(FakePool):
    """As our own bug would have it."""

    async def __aenter__(self) -> Self:
        """Break."""
        raise RuntimeError("/secret/path")


def test_the_instructions_name_every_tool_and_guide_and_survive_the_clients_cut() -> None:
    assert len(INSTRUCTIONS.encode()) < 2048
    assert [tool.name for tool in ALL_TOOLS if tool.name not in INSTRUCTIONS] == []
    assert [name for name in guides() if name not in INSTRUCTIONS] == []


async def test_the_server_enters_the_pool_and_leaves_it(make_server: MakeServer, mode: str) -> None:
    pool = FakePool()
    async with Client(make_server(pool), mode=mode) as client:
        await client.call_tool("echo_code", {"code": "1"})
        was_entered = pool.is_entered

    assert was_entered
    assert not pool.is_entered


async def test_a_sandbox_that_is_not_there_yet_delays_only_the_calls_that_need_it(
    make_server: MakeServer, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jax_workbench.server.background_pool.CLOSING_S", 0)
    server = make_server(PoolThatNeverStarts(), answer_within_s=0)
    with anyio.fail_after(LIMIT_S):
        async with Client(server, mode=mode) as client:
            tools = (await client.list_tools()).tools
            await client.read_resource("workbench://device")
            waiting = await client.call_tool("echo_code", {"code": "1"})

    assert [tool.name for tool in tools] == ["echo_code", "get_job", "cancel_job"]
    assert waiting.structured_content is not None
    assert waiting.structured_content["status"] == "running"


async def test_a_sandbox_that_breaks_at_the_start_is_an_error_of_each_call(
    make_server: MakeServer, mode: str
) -> None:
    async with Client(make_server(PoolThatCannotStart()), mode=mode) as client:
        got = await client.call_tool("echo_code", {"code": "1"})
        (device,) = (await client.read_resource("workbench://device")).contents

    assert got.is_error
    assert isinstance(got.content[0], types.TextContent)
    assert got.content[0].text.startswith("sandbox_unavailable: The sandbox did not start")
    assert "secret" not in got.model_dump_json()
    assert "did not start" in device.model_dump_json()


async def test_a_full_disk_costs_the_files_of_a_run_and_not_its_answer(
    make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunStore, "save", full)
    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    assert got.structured_content is not None
    assert got.structured_content["result"]["said"] == "hello"
    assert got.structured_content["artifacts"] == []
    assert [note["code"] for note in got.structured_content["notes"]] == ["run_not_stored"]


def n_below(folder: Path, pattern: str) -> int:
    return len(list(folder.glob(pattern)))


async def test_a_temporary_store_ends_with_the_server(
    make_server: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    server = make_server(FakePool(), state_dir=tmp_path / "file" / "state")
    async with Client(server) as client:
        await client.call_tool("echo_code", {"code": "1"})
        n_kept = n_below(tmp_path, "jax-workbench-*/runs/*")

    assert n_kept == 1
    assert n_below(tmp_path, "jax-workbench-*") == 0
