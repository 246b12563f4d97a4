"""Calls that outlast a client's patience: progress, cancelling, job handles."""

import json
from typing import Any

import anyio
import pytest
from mcp import Client, types

from tests.server.conftest import FakePool, Held, MakeServer

pytestmark = pytest.mark.anyio

LIMIT_S = 20
"""Far more than these tests take: it only turns a hang into a failure."""


def text_of(got: types.CallToolResult) -> str:
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


async def handed_over(client: Client, **arguments: Any) -> dict[str, Any]:
    """The answer to a call that is not done in time."""
    got = await client.call_tool("echo_code", {"code": "1", **arguments})
    answer = got.structured_content
    assert answer is not None
    assert json.loads(text_of(got)) == answer
    return answer


async def test_a_call_that_takes_long_answers_with_a_handle(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(held), answer_within_s=0), mode=mode) as client:
            answer = await handed_over(client)
            held.let_go.set()

    job_id = answer["run"]["job_id"]
    assert answer["status"] == "running"
    assert answer["result"] is None
    assert len(job_id) >= 20
    assert answer["next"][0]["tool"] == "get_job"
    assert answer["next"][0]["arguments"] == {"job_id": job_id, "wait_s": 30}


async def test_get_job_tells_how_far_it_is_and_then_gives_the_tools_own_answer(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(held), answer_within_s=0), mode=mode) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            await held.started.wait()
            going = await client.call_tool("get_job", {"job_id": job_id, "wait_s": 0})
            held.let_go.set()
            done = await client.call_tool("get_job", {"job_id": job_id})

    assert going.structured_content is not None
    assert going.structured_content["status"] == "running"
    progress = going.structured_content["result"]
    assert progress.keys() == {"progress", "total", "message", "elapsed_s", "queue_position"}
    assert (progress["message"], progress["total"], progress["queue_position"]) == (
        "waiting",
        60,
        0,
    )
    assert done.structured_content is not None
    assert done.structured_content["status"] == "ok"
    assert done.structured_content["result"]["said"] == "hello"
    assert done.structured_content["run"]["job_id"] == job_id


async def test_an_answer_can_be_fetched_twice(make_server: MakeServer) -> None:
    held = Held()
    held.let_go.set()
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(held), answer_within_s=0)) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            first = await client.call_tool("get_job", {"job_id": job_id})
            second = await client.call_tool("get_job", {"job_id": job_id})

    assert first.structured_content == second.structured_content


async def test_cancel_job_kills_the_job_and_get_job_then_says_so(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    pool = FakePool(held)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool, answer_within_s=0), mode=mode) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            await held.started.wait()
            cancelled = await client.call_tool("cancel_job", {"job_id": job_id})
            fetched = await client.call_tool("get_job", {"job_id": job_id})

    assert pool.n_killed == 1
    assert cancelled.structured_content is not None
    assert cancelled.structured_content["status"] == "cancelled"
    assert fetched.is_error
    assert text_of(fetched).startswith("cancelled: It was cancelled with cancel_job.")


async def test_cancelling_twice_is_cancelling_once(make_server: MakeServer) -> None:
    held = Held()
    pool = FakePool(held)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool, answer_within_s=0)) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            await held.started.wait()
            first = await client.call_tool("cancel_job", {"job_id": job_id})
            second = await client.call_tool("cancel_job", {"job_id": job_id})

    assert pool.n_killed == 1
    for got in (first, second):
        assert got.structured_content is not None
        assert got.structured_content["status"] == "cancelled"


async def test_cancelling_what_has_ended_changes_nothing(make_server: MakeServer) -> None:
    held = Held()
    held.let_go.set()
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(FakePool(held), answer_within_s=0)) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            await client.call_tool("get_job", {"job_id": job_id})
            cancelled = await client.call_tool("cancel_job", {"job_id": job_id})
            fetched = await client.call_tool("get_job", {"job_id": job_id})

    assert cancelled.structured_content is not None
    assert cancelled.structured_content["status"] == "already_finished"
    assert fetched.structured_content is not None
    assert fetched.structured_content["status"] == "ok"


@pytest.mark.parametrize("tool", ["get_job", "cancel_job"])
async def test_an_unknown_job_is_a_bad_argument(make_server: MakeServer, tool: str) -> None:
    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool(tool, {"job_id": "guessed"})

    assert got.is_error
    assert text_of(got).startswith("bad_argument: job_id: no such job")


async def test_the_id_of_a_job_that_was_answered_inline_is_worth_nothing(
    make_server: MakeServer,
) -> None:
    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    assert got.structured_content is not None
    assert got.structured_content["run"]["job_id"] is None


async def test_a_client_that_cancels_its_call_kills_the_job(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    pool = FakePool(held)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool), mode=mode) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "echo_code", {"code": "1"})
                await held.started.wait()
                group.cancel_scope.cancel()
            await pool.killed.wait()

    assert pool.n_killed == 1


async def test_a_client_that_cancels_get_job_leaves_the_job_alone(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    pool = FakePool(held)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool, answer_within_s=0), mode=mode) as client:
            job_id = (await handed_over(client))["run"]["job_id"]
            await held.started.wait()
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "get_job", {"job_id": job_id})
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
            held.let_go.set()
            done = await client.call_tool("get_job", {"job_id": job_id})

    assert pool.n_killed == 0
    assert done.structured_content is not None
    assert done.structured_content["status"] == "ok"


async def test_too_many_calls_are_refused_and_not_queued_for_ever(make_server: MakeServer) -> None:
    held = Held()
    with anyio.fail_after(LIMIT_S):
        pool = FakePool(held)
        async with Client(make_server(pool, answer_within_s=0, max_unfinished=2)) as client:
            await handed_over(client)
            await handed_over(client)
            third = await client.call_tool("echo_code", {"code": "1"})
            held.let_go.set()

    assert third.is_error
    assert text_of(third).startswith("device_busy: 2 calls are already queued or running.")


async def test_jobs_that_nobody_fetches_end_with_the_server(
    make_server: MakeServer, mode: str
) -> None:
    held = Held()
    pool = FakePool(held)
    with anyio.fail_after(LIMIT_S):
        async with Client(make_server(pool, answer_within_s=0), mode=mode) as client:
            await handed_over(client)
            await held.started.wait()

    assert pool.n_killed == 1
    assert not pool.is_entered


async def test_progress_reaches_a_client_that_asks_for_it(
    make_server: MakeServer, mode: str
) -> None:
    held, heard = Held(), anyio.Event()
    beats: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        beats.append(progress)
        if message == "waiting":
            heard.set()

    with anyio.fail_after(LIMIT_S):
        async with (
            Client(make_server(FakePool(held)), mode=mode) as client,
            anyio.create_task_group() as group,
        ):

            async def call() -> None:
                await client.call_tool("echo_code", {"code": "1"}, progress_callback=hear)

            group.start_soon(call)
            await heard.wait()
            held.let_go.set()

    assert beats == sorted(set(beats))
