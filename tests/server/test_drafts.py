"""What a call leaves that is ended before its answer: kept, found again, or not there at all."""

import base64
from typing import Any

import anyio
import pytest
from mcp import Client, types

from jax_workbench.sandbox.errors import JobFailed
from jax_workbench.sandbox.policy import Blob
from tests.server.conftest import FakePool, Held, MakeServer

pytestmark = pytest.mark.anyio

LIMIT_S = 20
"""Far more than these tests take: it only turns a hang into a failure."""
CHECKPOINT = Blob("checkpoint", "application/zip", b"PK\x03\x04")


def text_of(got: types.CallToolResult) -> str:
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


async def content_at(client: Client, uri: str) -> bytes:
    """The bytes of a run's file."""
    got = (await client.read_resource(uri)).contents[0]
    assert isinstance(got, types.BlobResourceContents)
    return base64.b64decode(got.blob)


async def test_cancel_job_names_what_the_job_left_and_it_can_be_read(
    make_server: MakeServer,
) -> None:
    held = Held()
    pool = FakePool(held, drafts=(CHECKPOINT,))
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool, answer_within_s=0)) as client:
            running = await client.call_tool("echo_code", {"code": "1"})
            assert running.structured_content is not None
            job = {"job_id": running.structured_content["run"]["job_id"]}
            await held.started.wait()
            cancelled = await client.call_tool("cancel_job", job)
            fetched = await client.call_tool("get_job", job)
            assert cancelled.structured_content is not None
            [artifact] = cancelled.structured_content["artifacts"]
            content = await content_at(client, artifact["uri"])

    assert content == CHECKPOINT.content
    assert artifact["name"] == "checkpoint"
    assert artifact["uri"] in cancelled.structured_content["summary"]
    assert text_of(fetched).endswith(f"What it had made by then is kept: {artifact['uri']}")


async def test_what_a_cancelled_call_left_is_found_among_the_runs(make_server: MakeServer) -> None:
    held = Held()
    pool = FakePool(held, drafts=(CHECKPOINT,))
    with anyio.fail_after(LIMIT_S):
        server = make_server(pool)
        async with Client(server) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "echo_code", {"code": "1"})
                await held.started.wait()
                group.cancel_scope.cancel()
            run = await only_run(client)
            content = await content_at(client, f"{run}/checkpoint")

    assert content == CHECKPOINT.content


async def only_run(client: Client) -> str:
    """The URI of the one stored run, waited for."""
    while True:
        listed = (await client.list_resources()).resources
        runs = [str(resource.uri) for resource in listed if "//runs/" in str(resource.uri)]
        if runs:
            return runs[0]
        await anyio.lowlevel.checkpoint()


async def test_an_error_names_what_the_job_left(make_server: MakeServer) -> None:
    async def time_out(*_: Any) -> Any:
        raise JobFailed("timed_out", "No result after 1 s.", "Do less work.")

    pool = FakePool(time_out, drafts=(CHECKPOINT,))
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool)) as client:
            got = await client.call_tool("echo_code", {"code": "1"})
            uri = text_of(got).rpartition(" ")[2]
            content = await content_at(client, uri)

    assert got.is_error
    assert text_of(got).startswith("timed_out: No result after 1 s. Do less work. What it had")
    assert content == CHECKPOINT.content


async def test_of_a_call_that_was_answered_no_draft_is_kept(make_server: MakeServer) -> None:
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(drafts=(CHECKPOINT,)))) as client:
            got = await client.call_tool("echo_code", {"code": "1"})
            answer = got.structured_content
            assert answer is not None
            uri = f"workbench://runs/{answer['run']['run_id']}"
            stored = (await client.read_resource(uri)).contents[0]

    assert answer["artifacts"] == []
    assert isinstance(stored, types.TextResourceContents)
    assert '"files": []' in stored.text
