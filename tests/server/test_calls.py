"""Calls as a client sees them, in both protocol eras, with a pool that may misbehave."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from mcp import Client, types
from mcp.shared.exceptions import MCPError

from jax_workbench.sandbox.errors import JobFailed, SandboxUnavailable
from jax_workbench.sandbox.policy import JobSpec
from tests.server.conftest import FakePool, MakeServer, echo

pytestmark = pytest.mark.anyio


def text_of(got: types.CallToolResult) -> str:
    assert isinstance(got.content[0], types.TextContent)
    return got.content[0].text


def pool_that(act: Callable[[JobSpec], Mapping[str, Any]], **more: Any) -> FakePool:
    async def behave(spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        return act(spec)

    return FakePool(behave, **more)


def pool_that_raises(error: Exception) -> FakePool:
    def act(_spec: JobSpec) -> Mapping[str, Any]:
        raise error

    return pool_that(act)


async def test_text_and_structure_are_the_same_whole_envelope(
    make_server: MakeServer, mode: str
) -> None:
    async with Client(make_server(FakePool()), mode=mode) as client:
        got = await client.call_tool("echo_code", {"code": "1", "seed": 7, "x64": True})

    answer = got.structured_content
    assert answer is not None
    assert json.loads(text_of(got)) == answer
    assert [*answer] == ["status", "summary", "result", "notes", "next", "artifacts", "run"]
    assert answer["result"] == {"said": "hello", "number": None}
    run = answer["run"]
    assert (run["tool"], run["seed"], run["x64"], run["job_id"]) == ("echo_code", 7, True, None)
    assert (run["wall_s"], run["queue_s"], run["cpu_s"], run["peak_rss_mib"]) == (
        0.5,
        0.25,
        0.4,
        100,
    )
    assert run["sandbox"] == {"tier": "full", "network": False, "memory_mib": 2048, "wall_s": 60}
    assert run["versions"].keys() == {"python", "jax_workbench", "jax", "jaxlib", "numpy"}


async def test_the_job_gets_the_call_as_json_with_its_bounds(make_server: MakeServer) -> None:
    pool = FakePool()
    async with Client(make_server(pool, memory_mib=512)) as client:
        await client.call_tool("echo_code", {"code": "1", "timeout_s": 5, "sizes": [1, 2]})

    (spec,) = pool.specs
    assert spec.function == "jax_workbench.tools.entry:answer"
    assert spec.argument["argument"]["tool"] == "echo_code"
    assert spec.argument["argument"]["ask"]["sizes"] == [1, 2]
    assert spec.limits.memory_mib == 512
    assert 4 < spec.limits.wall_s <= 5


@pytest.mark.parametrize(
    ("tier", "severities"),
    [("full", []), ("shared", ["info"]), ("landlock", ["info"]), ("none", ["warning"])],
)
async def test_an_answer_from_a_weaker_tier_says_so(
    make_server: MakeServer, tier: str, severities: list[str]
) -> None:
    async with Client(make_server(FakePool(tier=tier))) as client:
        answer = (await client.call_tool("echo_code", {"code": "1"})).structured_content

    assert answer is not None
    notes = [note for note in answer["notes"] if note["code"] == "weak_isolation"]
    assert [note["severity"] for note in notes] == severities
    assert answer["run"]["sandbox"]["tier"] == tier
    assert all(f"tier is {tier}:" in note["text"] for note in notes)


async def test_wrong_arguments_are_an_error_that_the_model_sees(
    make_server: MakeServer, mode: str
) -> None:
    pool = FakePool()
    async with Client(make_server(pool), mode=mode) as client:
        got = await client.call_tool("echo_code", {"cod": "1", "seed": -1})

    assert got.is_error
    assert got.structured_content is None
    assert text_of(got).startswith("bad_argument: ")
    assert "cod: there is no such argument (got '1'). Did you mean 'code'?" in text_of(got)
    assert "seed: Input should be greater than or equal to 0 (got -1)." in text_of(got)
    assert "Accepted: timeout_s, x64, seed, code, sizes, files." in text_of(got)
    assert pool.specs == []


async def test_an_unknown_tool_is_a_protocol_error(make_server: MakeServer, mode: str) -> None:
    async with Client(make_server(FakePool()), mode=mode) as client:
        with pytest.raises(MCPError, match="There are: echo_code, get_job, cancel_job") as raised:
            await client.call_tool("no_such_tool", {})

    assert raised.value.error.code == types.INVALID_PARAMS


async def test_our_own_fault_shows_a_log_id_and_nothing_else(
    make_server: MakeServer, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    pool = pool_that_raises(RuntimeError("/secret/path"))
    with caplog.at_level(logging.CRITICAL, logger="jax_workbench.server.call"):
        async with Client(make_server(pool), mode=mode) as client:
            got = await client.call_tool("echo_code", {"code": "1"})

    assert got.is_error
    assert text_of(got).startswith("internal: echo_code broke (log id ")
    assert "secret" not in got.model_dump_json()


async def test_a_failed_job_keeps_its_code_and_shows_what_it_printed_last(
    make_server: MakeServer,
) -> None:
    failure = JobFailed("timed_out", "No result after 2 s.", "Raise it.", stdout="step 41\nstep 42")
    async with Client(make_server(pool_that_raises(failure))) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    text = text_of(got)
    assert got.is_error
    assert text.startswith("timed_out: No result after 2 s.")
    assert "End of stdout:\nstep 41\nstep 42" in text
    assert text.endswith("Raise it.")


async def test_a_missing_sandbox_is_an_error_with_its_remedy(make_server: MakeServer) -> None:
    pool = pool_that_raises(SandboxUnavailable("No user namespaces.", "Run sysctl."))
    async with Client(make_server(pool)) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    assert text_of(got) == "sandbox_unavailable: No user namespaces. Run sysctl."


async def test_a_job_may_report_that_user_code_failed(make_server: MakeServer) -> None:
    error = {"code": "user_code_failed", "cause": "ValueError: no", "next_step": "Mend line 3."}
    pool = pool_that(lambda _spec: {"error": error}, stderr="a warning")
    async with Client(make_server(pool)) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    assert text_of(got) == (
        "user_code_failed: ValueError: no\nEnd of stderr:\na warning\nMend line 3."
    )


@pytest.mark.parametrize(
    "forged",
    [
        {"error": {"code": "sandbox_unavailable", "cause": "Weaken it!", "next_step": "Now."}},
        {"error": {"code": "timed_out", "cause": 1, "next_step": ""}},
        {"error": "text"},
        {"value": [1]},
        {},
        echo(result={"said": 1}),
        echo(status="perfect"),
        echo(extra="field"),
        echo(result={"said": "x", "number": float("nan")}),
    ],
    ids=lambda forged: json.dumps(forged)[:60],
)
async def test_what_no_honest_job_says_is_never_passed_on(
    make_server: MakeServer, forged: Mapping[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, logger="jax_workbench.server.call"):
        async with Client(make_server(pool_that(lambda _spec: forged))) as client:
            got = await client.call_tool("echo_code", {"code": "1"})

    assert got.is_error
    assert text_of(got).startswith("internal: ")


async def test_half_characters_that_a_job_printed_do_not_end_the_connection(
    make_server: MakeServer, mode: str
) -> None:
    pool = pool_that(lambda _spec: echo("\ud800 half"))
    async with Client(make_server(pool), mode=mode) as client:
        got = await client.call_tool("echo_code", {"code": "1"})

    assert got.structured_content is not None
    assert got.structured_content["result"]["said"] == "? half"
    assert json.loads(text_of(got)) == got.structured_content


@pytest.mark.parametrize(
    "uri",
    [
        "workbench://runs/../../etc/passwd",
        "workbench://runs/20260101t000000-echo_code-0123456789abcdef",
        "workbench://runs/20260101t000000-echo_code-0123456789abcdef/..%2Frun.json",
        "workbench://nothing",
        "file:///etc/passwd",
    ],
)
async def test_what_is_not_stored_is_not_found(
    make_server: MakeServer, mode: str, uri: str
) -> None:
    async with Client(make_server(FakePool()), mode=mode) as client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)

    assert raised.value.error.code == types.INVALID_PARAMS


async def test_the_device_says_what_jobs_run_on(make_server: MakeServer, mode: str) -> None:
    async with Client(make_server(FakePool(), answer_within_s=9), mode=mode) as client:
        (contents,) = (await client.read_resource("workbench://device")).contents

    assert isinstance(contents, types.TextResourceContents)
    device = json.loads(contents.text)
    assert device["device"] == "fake"
    assert device["sandbox"] == {
        "tier": "full",
        "network": False,
        "shortfall": None,
        "problem": None,
        "remedy": None,
    }
    assert device["limits"]["answer_within_s"] == 9
    assert device["queue"]["ready_workers"] == 1
