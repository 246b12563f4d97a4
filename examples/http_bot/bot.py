"""Asks a jax-workbench over HTTP for one answer, and waits for it however long it takes.

JAX_WORKBENCH_TOKEN=... python bot.py http://127.0.0.1:8000/mcp call.json
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

WAIT_S = 30
"""Of one get_job."""
SILENCE_S = 90
"""The server answers each call within 45 s; longer silence is a fault."""
DONE, NO_ANSWER = 0, 2


class Refused(Exception):
    """The server answered with an error."""


async def ask(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One call; the answer is the envelope that every tool gives. Raises Refused."""
    got = await client.call_tool(tool, arguments)
    if got.is_error or not isinstance(got.structured_content, dict):
        raise Refused(" ".join(getattr(part, "text", "") for part in got.content))
    return cast("dict[str, Any]", got.structured_content)


async def measured(
    client: Client, tool: str, arguments: dict[str, Any], within_s: float
) -> dict[str, Any]:
    """Call a tool; where it answers with a job handle, poll until the job is done.

    A job that takes longer than `within_s` is cancelled. Raises Refused, TimeoutError.
    """
    answer = await ask(client, tool, arguments)
    job = {"job_id": answer["run"]["job_id"]}
    deadline_s = anyio.current_time() + within_s
    while answer["status"] == "running":
        left_s = deadline_s - anyio.current_time()
        if left_s <= 0:
            await ask(client, "cancel_job", job)
            raise TimeoutError(f"No answer within {within_s:g} s, so the job was cancelled.")
        print(f"running: {answer['summary']}", file=sys.stderr, flush=True)
        answer = await ask(client, "get_job", {**job, "wait_s": min(WAIT_S, int(left_s) + 1)})
    return answer


def verdict(answer: dict[str, Any]) -> str:
    """What the answer comes to, and what to keep in mind about it."""
    notes = (f"{note['severity']}: {note['text']}" for note in answer["notes"])
    return "\n".join((f"{answer['status']}: {answer['summary']}", *notes))


def each(fault: BaseException) -> Iterator[BaseException]:
    """The faults of a group; the client runs in a task group, which makes groups of them."""
    if isinstance(fault, BaseExceptionGroup):
        for part in cast("BaseExceptionGroup[BaseException]", fault).exceptions:
            yield from each(part)
    else:
        yield fault


async def tell_refusal(response: httpx2.Response) -> None:
    """Name the status of a refused request, which the client's own error leaves out."""
    if response.is_client_error:
        print(f"HTTP {response.status_code}: see JAX_WORKBENCH_TOKEN and the URL.", file=sys.stderr)


async def run(url: str, call: dict[str, Any], token: str, within_s: float) -> int:
    """Print the verdict on `call`; 0, or 2 where there is none."""
    answer = None
    bearer = {"authorization": f"Bearer {token}"}
    hooks = {"response": [tell_refusal]}
    try:
        async with (
            httpx2.AsyncClient(headers=bearer, timeout=SILENCE_S, event_hooks=hooks) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            answer = await measured(client, call["tool"], call["arguments"], within_s)
    except* (Refused, TimeoutError, MCPError, httpx2.HTTPError) as faults:
        for fault in each(faults):
            print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
    if answer is None:
        return NO_ANSWER
    print(verdict(answer))
    return DONE


def main() -> None:
    """Read the command line, and the token from the environment, where no process list shows it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of the server, with /mcp")
    parser.add_argument("call", type=Path, help="a JSON file with tool and arguments")
    parser.add_argument("--within", type=float, default=600, metavar="SECONDS")
    options = parser.parse_args()
    call = json.loads(options.call.read_text(encoding="utf-8"))
    token = os.environ.get("JAX_WORKBENCH_TOKEN", "")
    sys.exit(anyio.run(run, options.url, call, token, options.within))


if __name__ == "__main__":
    main()
