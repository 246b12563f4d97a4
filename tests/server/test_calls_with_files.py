"""Files around a call: what a job saved, what a caller names, as a client sees them."""

import json
from pathlib import Path

import pytest
from mcp import Client, types

from jax_workbench.sandbox.policy import Blob
from tests.server.conftest import FakePool, MakeServer

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def text_of(got: types.CallToolResult) -> str:
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


async def test_what_a_job_saved_becomes_files_of_the_run_under_safe_names(
    make_server: MakeServer, mode: str
) -> None:
    saved = (
        Blob("../../etc/plot.png", "image/png", PNG),
        Blob("notes.txt", "text/plain", b"two words"),
        Blob("notes.txt", "not a type", b"\x00\xff"),
    )
    async with Client(make_server(FakePool(saved=saved)), mode=mode) as client:
        got = await client.call_tool("echo_code", {"code": "1"})
        assert got.structured_content is not None
        artifacts = got.structured_content["artifacts"]
        read = [(await client.read_resource(a["uri"])).contents[0] for a in artifacts]

    assert [a["name"] for a in artifacts] == ["_.._etc_plot.png", "notes.txt", "2_notes.txt"]
    assert [a["mime_type"] for a in artifacts] == [
        "image/png",
        "text/plain",
        "application/octet-stream",
    ]
    assert isinstance(read[0], types.BlobResourceContents)
    assert isinstance(read[1], types.TextResourceContents)
    assert read[1].text == "two words"
    assert [content.type for content in got.content] == ["text", "image"]


async def test_a_stored_run_can_be_read_and_used_as_input(
    make_server: MakeServer, mode: str
) -> None:
    pool = FakePool(saved=(Blob("data.csv", "text/csv", b"x,y\n1,2\n"),))
    async with Client(make_server(pool), mode=mode) as client:
        first = await client.call_tool("echo_code", {"code": "one"})
        assert first.structured_content is not None
        run_id = first.structured_content["run"]["run_id"]
        (record,) = (await client.read_resource(f"workbench://runs/{run_id}")).contents
        listed = [r.uri for r in (await client.list_resources()).resources]
        uri = f"workbench://runs/{run_id}/data.csv"
        await client.call_tool("echo_code", {"code": "two", "files": [uri]})

    assert isinstance(record, types.TextResourceContents)
    stored = json.loads(record.text)
    assert stored["ask"]["code"] == "one"
    assert stored["answer"] == first.structured_content
    assert listed[0] == "workbench://device"
    assert listed[-1] == f"workbench://runs/{run_id}"
    assert pool.specs[1].blobs == {"data.csv": b"x,y\n1,2\n"}


async def test_an_argument_that_names_a_stored_file_brings_it_along(
    make_server: MakeServer,
) -> None:
    pool = FakePool(saved=(Blob("program.bin", "application/octet-stream", b"bytes"),))
    async with Client(make_server(pool)) as client:
        first = await client.call_tool("echo_code", {"code": "one"})
        assert first.structured_content is not None
        uri = f"workbench://runs/{first.structured_content['run']['run_id']}/program.bin"
        await client.call_tool("echo_code", {"code": uri})
        gone = await client.call_tool("echo_code", {"code": f"{uri}.gone"})

    assert pool.specs[1].blobs == {"program.bin": b"bytes"}
    assert text_of(gone).startswith("bad_argument: files: There is no file")


async def test_files_need_roots_and_the_error_names_the_setting(make_server: MakeServer) -> None:
    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool("echo_code", {"code": "1", "files": ["/etc/passwd"]})

    assert text_of(got).startswith("bad_argument: files: '/etc/passwd' cannot be read")
    assert "JAX_WORKBENCH_ROOTS" in text_of(got)


async def test_a_file_below_a_root_reaches_the_job(make_server: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_bytes(b"1")
    pool = FakePool()
    async with Client(make_server(pool, roots=(tmp_path / "data",))) as client:
        await client.call_tool("echo_code", {"code": "1", "files": ["a.csv"]})

    assert pool.specs[0].blobs == {"a.csv": b"1"}
