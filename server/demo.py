"""`jax-workbench demo`: a real client calls the installed server, and shows what an agent reads.

Runs as the client; the server is a process of its own.
"""

import json
import os
import sys
from typing import Any

import anyio
from mcp import Client, StdioServerParameters, types
from mcp.shared.exceptions import MCPError

from jax_workbench.server.demo_calls import CALLS, DemoCall
from jax_workbench.server.readable import lines_of
from jax_workbench.server.settings import PREFIX

LIMIT_S = 600.0
"""Of the whole demo."""
WAIT_S = 30


async def show_demo() -> int:
    """Make every call of the demo and print the answers; 0 where all was as expected."""
    # A client hands on only a few variables of its environment; ours are the operator's.
    env = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    env.setdefault(f"{PREFIX}AUDIT", "off")  # its lines would stand between the answers
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "jax_workbench.server", "serve"], env=env
    )
    surprises: list[str] = []
    try:
        with anyio.fail_after(LIMIT_S):
            async with Client(server) as client:
                await _introduce(client)
                for call in CALLS:
                    surprises += await _show(client, call)
                surprises += await _show_resources(client)
    except TimeoutError:
        surprises.append(f"the demo did not end within {LIMIT_S:g} s")
    except MCPError as error:
        surprises.append(f"the connection failed: {error}; the server's log is above")
    for surprise in surprises:
        _say(f"\nNOT AS EXPECTED: {surprise}")
    if not surprises:
        _say("\nEvery answer was as expected, and the server has ended.")
    return 1 if surprises else 0


async def _introduce(client: Client) -> None:
    _say(f"Connected, protocol {client.protocol_version}. The server's tools:")
    for tool in (await client.list_tools()).tools:
        _say(f"   {tool.name}: {(tool.description or '').splitlines()[0]}")


async def _show(client: Client, call: DemoCall) -> list[str]:
    """Make one call and print its answer; returns what was not as expected."""
    _say(f"\n## {call.title}")
    for line in lines_of({call.tool: {**call.arguments}}, "-> "):
        _say(line)
    got = await client.call_tool(call.tool, {**call.arguments}, progress_callback=_progress)
    got = await _finished(client, got)
    answer: dict[str, Any] | None = got.structured_content
    texts = [part.text for part in got.content if isinstance(part, types.TextContent)]
    if answer is None:
        outcome, complaint = texts[0].partition(":")[0], ""
        _say("<- error\n" + "\n".join(f"   {line}" for line in texts[0].splitlines()))
    else:
        outcome, complaint = answer["status"], call.complaint(answer["result"])
        _say_answer(answer)
        if json.loads(texts[0]) != answer:
            complaint += " text and structure differ"
    if outcome not in call.outcomes:
        complaint += f" it was {outcome!r} instead of {' or '.join(call.outcomes)}"
    pictures = [part for part in got.content if isinstance(part, types.ImageContent)]
    for picture in pictures:
        _say(f"   with a picture: {picture.mime_type}, {len(picture.data) * 3 // 4000} kB")
    if call.has_picture and not pictures:
        complaint += " it has no picture"
    return [f"{call.title}: {complaint.strip()}"] if complaint else []


async def _finished(client: Client, got: types.CallToolResult) -> types.CallToolResult:
    """Follow a job handle to the answer, as an agent would."""
    answer: dict[str, Any] | None = got.structured_content
    while answer is not None and answer["status"] == "running":
        _say(f"<- running: {answer['summary']}")
        job = {"job_id": answer["run"]["job_id"], "wait_s": WAIT_S}
        got = await client.call_tool("get_job", job, progress_callback=_progress)
        answer = got.structured_content
    return got


def _say_answer(answer: dict[str, Any]) -> None:
    _say(f"<- {answer['status']}: {answer['summary']}")
    for line in lines_of(answer["result"]):
        _say(line)
    for note in answer["notes"]:
        _say(f"   note {note['code']} ({note['severity']}): {note['text']}")
    for step in answer["next"]:
        _say(f"   next {step['tool']}: {step['why']}")
    for artifact in answer["artifacts"]:
        _say(f"   file {artifact['uri']} ({artifact['mime_type']}, {artifact['bytes']} bytes)")
    run = answer["run"]
    _say(
        f"   ran on {run['device']}, sandbox {run['sandbox']['tier']}; {run['wall_s']:.2f} s wall, "
        f"{run['queue_s']:.2f} s queued, {run['cpu_s']:.2f} s CPU, {run['peak_rss_mib']:.0f} MiB"
    )


async def _show_resources(client: Client) -> list[str]:
    _say("\n## What the host can do: workbench://device")
    for contents in (await client.read_resource("workbench://device")).contents:
        if isinstance(contents, types.TextResourceContents):
            for line in lines_of(json.loads(contents.text)):
                _say(line)
    resources = (await client.list_resources()).resources
    runs = [resource.uri for resource in resources if "/runs/" in resource.uri]
    _say(f"   {len(runs)} stored runs can be read; the newest is {runs[0] if runs else 'none'}")
    return [] if runs else ["no run was stored"]


async def _progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001
    _say(f"   ... {progress:.1f} s: {message}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
