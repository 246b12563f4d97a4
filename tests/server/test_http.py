"""The real transport on a port of loopback, with a pool in which nothing runs."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from jax_workbench.server.app import build_server
from jax_workbench.server.http import MAX_BODY_MIB, WebServer, door_of, http_app
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.settings import Settings, SettingsError
from tests.server.conftest import TOOLS, FakePool, Held

pytestmark = pytest.mark.anyio

LIMIT_S = 30
BODY_S = 0.3
ALICE, BOB = "alice-has-a-long-token-1", "bob-has-another-long-token"
OLD, ELSEWHERE = "a-token-that-has-expired-x", "a-token-for-another-server"
TOKENS = f"""\
# who may call
alice {ALICE}
bob {BOB}  # a bot
old {OLD} expires=2020-01-01T00:00:00Z
elsewhere {ELSEWHERE} audience=https://elsewhere.example/mcp
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPTS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@asynccontextmanager
async def serving(
    folder: Path, pool: FakePool, *, tokens: str | None = TOKENS, **more: Any
) -> AsyncGenerator[str]:
    """The URL of a server that answers on loopback."""
    token_file = folder / "tokens"
    if tokens is not None:
        token_file.write_text(tokens, encoding="utf-8")
        more["token_file"] = token_file
    settings = Settings(
        http="127.0.0.1:0", public_url="http://127.0.0.1/mcp", state_dir=folder / "state", **more
    )
    jobs = JobBook(max_unfinished=settings.max_unfinished)
    server = build_server(TOOLS, pool, settings, RunStore.open(settings), jobs)
    app = http_app(server, door_of(settings), jobs, pool.status, body_s=BODY_S)
    web = WebServer(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    with anyio.fail_after(LIMIT_S):
        async with anyio.create_task_group() as group:
            group.start_soon(web.serve)
            while not web.started:
                await anyio.lowlevel.checkpoint()
            port = web.servers[0].sockets[0].getsockname()[1]
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                await jobs.close()
                web.should_exit = True


async def status_of(url: str, headers: dict[str, str], content: bytes | None = None) -> int:
    async with httpx2.AsyncClient() as http:
        sent = json.dumps(INITIALIZE).encode() if content is None else content
        got = await http.post(f"{url}/mcp", headers={**ACCEPTS, **headers}, content=sent)
        return got.status_code


@asynccontextmanager
async def client_of(url: str, token: str, mode: str = "auto") -> AsyncGenerator[Client]:
    async with httpx2.AsyncClient(headers=bearer(token), timeout=LIMIT_S) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


async def test_a_token_of_the_file_is_served_in_both_eras(tmp_path: Path, mode: str) -> None:
    async with serving(tmp_path, FakePool()) as url, client_of(url, ALICE, mode) as client:
        version = client.protocol_version
        got = await client.call_tool("echo_code", {"code": "1"})

    assert version == {"legacy": "2025-11-25", "auto": "2026-07-28"}[mode]
    assert got.structured_content is not None
    assert got.structured_content["status"] == "ok"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (bearer("somebody-elses-long-token"), 401),
        (bearer(OLD), 401),
        (bearer(ELSEWHERE), 401),
        (bearer(ALICE) | {"host": "evil.example"}, 421),
        (bearer(ALICE) | {"origin": "http://evil.example"}, 403),
        (bearer(ALICE), 200),
    ],
    ids=["no token", "wrong", "expired", "for another server", "host", "origin", "good"],
)
async def test_who_may_not_connect_is_refused_with_the_right_status(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with serving(tmp_path, FakePool()) as url:
        got = await status_of(url, headers)

    assert got == status


async def test_a_body_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path, FakePool()) as url:
        got = await status_of(url, bearer(ALICE), b" " * (MAX_BODY_MIB * 2**20 + 1))

    assert got == 413


async def test_one_callers_runs_and_jobs_are_not_anothers(tmp_path: Path) -> None:
    held = Held()
    pool = FakePool(behave=held)
    async with (
        serving(tmp_path, pool, answer_within_s=0.0) as url,
        client_of(url, ALICE) as alice,
        client_of(url, BOB) as bob,
    ):
        running = await alice.call_tool("echo_code", {"code": "1"})
        assert running.structured_content is not None
        job = {"job_id": running.structured_content["run"]["job_id"]}
        refused = [await bob.call_tool(tool, {**job}) for tool in ("get_job", "cancel_job")]
        held.let_go.set()
        done = await alice.call_tool("get_job", {**job, "wait_s": 10})
        assert done.structured_content is not None
        uri = f"workbench://runs/{done.structured_content['run']['run_id']}"
        hers = [resource.uri for resource in (await alice.list_resources()).resources]
        his = [resource.uri for resource in (await bob.list_resources()).resources]

    assert [result.is_error for result in refused] == [True, True]
    assert done.structured_content["status"] == "ok"
    assert uri in hers
    assert uri not in his


async def test_one_caller_cannot_take_every_place_of_the_server(tmp_path: Path) -> None:
    held = Held()
    async with (
        serving(tmp_path, FakePool(behave=held), answer_within_s=0.0, max_unfinished=4) as url,
        client_of(url, ALICE) as alice,
        client_of(url, BOB) as bob,
    ):
        hers = [await alice.call_tool("echo_code", {"code": "1"}) for _ in range(3)]
        his = await bob.call_tool("echo_code", {"code": "1"})
        held.let_go.set()

    assert [got.is_error for got in (*hers, his)] == [False, False, True, False]
    assert getattr(hers[2].content[0], "text", "").startswith("device_busy: 2 calls of this client")


async def test_a_client_that_hangs_up_ends_its_job(tmp_path: Path) -> None:
    held = Held()
    pool = FakePool(behave=held)
    async with serving(tmp_path, pool) as url:
        with anyio.move_on_after(LIMIT_S) as waiting:
            async with client_of(url, ALICE) as client, anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "echo_code", {"code": "1"})
                await held.started.wait()
                group.cancel_scope.cancel()
            await pool.killed.wait()

    assert not waiting.cancelled_caught
    assert pool.n_killed == 1


async def test_health_needs_no_token_and_names_the_tier(tmp_path: Path) -> None:
    async with serving(tmp_path, FakePool()) as url, httpx2.AsyncClient() as http:
        got = await http.get(f"{url}/health")

    assert got.status_code == 200
    assert got.json() == {"status": "ok", "is_ready": True, "tier": "full"}


async def test_health_tells_a_probe_that_no_job_can_run(tmp_path: Path) -> None:
    pool = FakePool(problem="There is no bubblewrap.")
    async with serving(tmp_path, pool) as url, httpx2.AsyncClient() as http:
        got = await http.get(f"{url}/health")

    assert got.status_code == 503
    assert got.json()["status"] == "sandbox_unavailable"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (bearer("somebody-elses-long-token"), 401),
        (bearer(OLD), 401),
        (bearer(ELSEWHERE), 401),
        ({"authorization": ALICE}, 401),
        (bearer(ALICE) | {"host": "evil.example"}, 421),
        (bearer(ALICE) | {"origin": "http://evil.example"}, 403),
        (bearer(ALICE), 200),
    ],
)
async def test_metrics_are_for_the_callers_of_the_server(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with serving(tmp_path, FakePool()) as url, httpx2.AsyncClient() as http:
        got = await http.get(f"{url}/metrics", headers=headers)

    assert got.status_code == status


async def test_metrics_count_answers_and_jobs_by_how_they_ended(tmp_path: Path) -> None:
    async with serving(tmp_path, FakePool()) as url:
        async with client_of(url, ALICE) as client:
            await client.call_tool("echo_code", {"code": "1"})
            await client.call_tool("echo_code", {"misspelt": "1"})
        async with httpx2.AsyncClient(headers=bearer(ALICE)) as http:
            got = await http.get(f"{url}/metrics")

    assert got.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = got.text.splitlines()
    assert 'jax_workbench_answers_total{tool="echo_code",outcome="ok"} 1' in lines
    assert 'jax_workbench_answers_total{tool="echo_code",outcome="bad_argument"} 1' in lines
    assert 'jax_workbench_jobs_total{tool="echo_code",outcome="ok"} 1' in lines
    assert 'jax_workbench_job_queue_seconds_sum{tool="echo_code"} 0.250000' in lines
    assert 'jax_workbench_sandbox_up{tier="full"} 1' in lines


@pytest.mark.parametrize("http", ["0.0.0.0:8000", "192.0.2.1:8000", "[::]:8000", "box.example:1"])
def test_beyond_loopback_a_token_is_required(http: str) -> None:
    with pytest.raises(SettingsError, match="JAX_WORKBENCH_TOKEN_FILE"):
        door_of(Settings(http=http))


@pytest.mark.parametrize("http", ["127.0.0.1", "localhost:http", "127.0.0.1:70000"])
def test_an_address_without_a_port_is_refused(http: str) -> None:
    with pytest.raises(SettingsError, match="HOST:PORT"):
        door_of(Settings(http=http))


@pytest.mark.parametrize(
    "text", ["", "alice", "alice short", f"alice {ALICE}\nalice {BOB}", f"alice {ALICE} role=x"]
)
def test_a_token_file_that_cannot_be_used_is_refused_without_its_tokens(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "tokens"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as refusal:
        door_of(Settings(http="127.0.0.1:8000", token_file=file))

    assert ALICE not in str(refusal.value)


def test_beyond_loopback_hosts_are_still_checked(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(TOKENS, encoding="utf-8")
    settings = Settings(http="0.0.0.0:8000", token_file=file, allowed_hosts=("bench.example",))

    security = door_of(settings).security

    assert security.enable_dns_rebinding_protection
    assert "bench.example:*" in security.allowed_hosts
    assert not [name for name in security.allowed_hosts if name.startswith("0.")]
