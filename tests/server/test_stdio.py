"""The real server in a process of its own, with the real sandbox."""

import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters

from jax_workbench.tools.catalog import ALL_TOOLS

pytestmark = pytest.mark.anyio

STARTING_S = 120
"""Long enough for a busy machine to import JAX."""
ENDING_S = 10
COMMAND = [sys.executable, "-m", "jax_workbench.server", "serve"]
INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}


@dataclass
class RawServer:
    """The process and its messages, without a client library between."""

    process: anyio.abc.Process
    lines: BufferedByteReceiveStream
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def send(self, method: str, params: dict[str, Any], number: int | None = None) -> None:
        """Send a request, or a notification where there is no number."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        assert self.process.stdin
        await self.process.stdin.send(json.dumps(message).encode() + b"\n")

    async def hear(self, key: str, value: Any) -> dict[str, Any]:
        """Read messages until one has `value` at `key`; each line must be a message."""
        while True:
            message = json.loads(await self.lines.receive_until(b"\n", 2**20))
            assert message["jsonrpc"] == "2.0"
            self.heard.append(message)
            if message.get(key) == value:
                return message

    async def hear_the_end(self) -> list[dict[str, Any]]:
        """Read what is left until stdout closes; each line must be a message."""
        left = b""
        with anyio.fail_after(ENDING_S):
            try:
                while True:
                    left += await self.lines.receive()
            except anyio.EndOfStream:
                return [json.loads(line) for line in left.splitlines()]


@asynccontextmanager
async def raw_server(state: Path) -> AsyncGenerator[RawServer]:
    """A started server that has answered `initialize`."""
    env = {**os.environ, "JAX_WORKBENCH_STATE_DIR": str(state)}
    process = await anyio.open_process(COMMAND, stderr=None, env=env)
    assert process.stdout
    server = RawServer(process, BufferedByteReceiveStream(process.stdout))
    try:
        with anyio.fail_after(STARTING_S):
            await server.send("initialize", INITIALIZE, 1)
            await server.hear("id", 1)
            await server.send("notifications/initialized", {})
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.aclose()


async def busy(server: RawServer) -> None:
    """Call code that never ends, and wait until it runs."""
    call = {
        "name": "run_jax_code",
        "arguments": {"code": "while True: pass"},
        "_meta": {"progressToken": "it"},
    }
    await server.send("tools/call", call, 2)
    with anyio.fail_after(STARTING_S):
        while "running the code" not in str(server.heard[-1]):
            await server.hear("method", "notifications/progress")


def handles_of_descendants(pid: int) -> list[int]:
    """A pidfd of each process below `pid`: it becomes readable when that process is gone."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(stat.parent.name)] = int(after_name.split()[1])
    found: list[int] = []
    left = [pid]
    while left:
        parent = left.pop()
        below = [child for child, its_parent in parents.items() if its_parent == parent]
        found += below
        left += below
    handles: list[int] = []
    for process in found:
        with suppress(ProcessLookupError):  # ended since the folder was listed
            handles.append(os.pidfd_open(process))
    return handles


async def all_gone(handles: list[int]) -> None:
    """Wait until each of the processes has ended."""
    with anyio.fail_after(ENDING_S):
        for handle in handles:
            await anyio.wait_readable(handle)
            os.close(handle)


@pytest.mark.parametrize(
    ("ending", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9), (None, 0)],
    ids=["SIGTERM", "SIGINT", "SIGKILL", "end of stdin"],
)
async def test_a_busy_server_ends_at_once_and_leaves_no_process(
    ending: signal.Signals | None, code: int, tmp_path: Path
) -> None:
    async with raw_server(tmp_path) as server:
        await busy(server)
        handles = handles_of_descendants(server.process.pid)

        if ending is None:
            assert server.process.stdin
            await server.process.stdin.aclose()
        else:
            server.process.send_signal(ending)
        said = await server.hear_the_end()
        with anyio.fail_after(ENDING_S):
            ended_with = await server.process.wait()
        await all_gone(handles)

    assert len(handles) >= 3  # the jail, the zygote, the job
    assert ended_with == code
    if ending in {signal.SIGTERM, signal.SIGINT}:
        (answer,) = [message for message in said if message.get("id") == 2]
        assert answer["result"]["isError"]
        assert answer["result"]["content"][0]["text"].startswith(
            "cancelled: The server is shutting down."
        )


async def test_a_server_whose_sandbox_is_still_starting_ends_too(tmp_path: Path) -> None:
    async with raw_server(tmp_path) as server:
        handles = handles_of_descendants(server.process.pid)

        server.process.terminate()
        with anyio.fail_after(ENDING_S):
            ended_with = await server.process.wait()
        await all_gone(handles)

    assert ended_with == 143


async def test_a_client_that_cancels_kills_the_job_and_the_server_goes_on(tmp_path: Path) -> None:
    async with raw_server(tmp_path) as server:
        await busy(server)

        with anyio.fail_after(ENDING_S):
            await server.send("notifications/cancelled", {"requestId": 2})
            queue: dict[str, Any] = {"running": 1}
            number = 10
            while queue["running"]:
                number += 1
                await server.send("resources/read", {"uri": "workbench://device"}, number)
                read = await server.hear("id", number)
                queue = json.loads(read["result"]["contents"][0]["text"])["queue"]

    assert not [message for message in server.heard if message.get("id") == 2]


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["2025-11-25", "2026-07-28"])
async def test_a_cancelled_call_of_either_era_frees_the_device(mode: str, tmp_path: Path) -> None:
    server = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env={"JAX_WORKBENCH_STATE_DIR": str(tmp_path)}
    )
    queue: dict[str, Any] = {"running": 1}
    with anyio.fail_after(STARTING_S + ENDING_S):
        async with Client(server, mode=mode) as client:
            async with anyio.create_task_group() as group:

                async def heard(progress: float, total: float | None, message: str | None) -> None:
                    del progress, total
                    if message == "running the code":
                        group.cancel_scope.cancel()

                await client.call_tool(
                    "run_jax_code", {"code": "while True: pass"}, progress_callback=heard
                )
            while queue["running"]:
                read = await client.read_resource("workbench://device")
                queue = json.loads(str(getattr(read.contents[0], "text", "")))["queue"]

    assert queue["running"] == 0


@pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["2025-11-25", "2026-07-28"])
async def test_both_protocol_eras_are_served_on_stdio(mode: str, tmp_path: Path) -> None:
    server = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env={"JAX_WORKBENCH_STATE_DIR": str(tmp_path)}
    )
    with anyio.fail_after(STARTING_S):
        async with Client(server, mode=mode) as client:
            version = client.protocol_version
            tools = [tool.name for tool in (await client.list_tools()).tools]
            device = await client.read_resource("workbench://device")
            got = await client.call_tool("run_jax_code", {"code": "print('on stdout')\n1 + 1"})

    assert version == {"legacy": "2025-11-25", "auto": "2026-07-28"}[mode]
    assert tools == [tool.name for tool in ALL_TOOLS]
    assert '"is_ready": false' in device.model_dump_json().replace("\\", "")
    assert got.structured_content is not None
    assert got.structured_content["result"]["value"] == 2
    assert got.structured_content["result"]["stdout"] == "on stdout\n"
