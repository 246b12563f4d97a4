"""Requests that no HTTP library would send, and connections that send none: what a server says.

Part of `http_hostile`.
"""

import json
from contextlib import suppress
from typing import Any

import anyio
from anyio.abc import SocketStream
from mcp import Client

from jax_workbench.server.http import MAX_CONNECTIONS
from tests.server.test_http import ALICE, INITIALIZE

N_SILENT = MAX_CONNECTIONS + 64
WAITING_S, SECOND_S = 5.0, 0.2
HUNG_UP = (anyio.EndOfStream, anyio.BrokenResourceError)
BODY = json.dumps(INITIALIZE)
KINDS = "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
LENGTH = f"Content-Length: {len(BODY)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
TOKEN = f"Authorization: Bearer {ALICE}\r\n"
HOST = "Host: 127.0.0.1\r\n"
GOOD = f"{HOST}{TOKEN}{KINDS}"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
NEVER_SERVED = {400, 401, 404, 405, 413, 421, 431}
REQUESTS: dict[str, str] = {
    "two lengths": f"POST /mcp HTTP/1.1\r\n{GOOD}{LENGTH}Content-Length: 5\r\n\r\n{BODY}",
    "a length and chunks": f"POST /mcp HTTP/1.1\r\n{GOOD}{LENGTH}{CHUNKED}\r\n0\r\n\r\n"
    f"GET /health HTTP/1.1\r\n{HOST}\r\n",
    "chunks by another name": f"POST /mcp HTTP/1.1\r\n{GOOD}Transfer-Encoding: xchunked\r\n\r\n",
    "a length with a sign": f"POST /mcp HTTP/1.1\r\n{GOOD}Content-Length: +{len(BODY)}\r\n\r\n",
    "a length of thirty digits": f"POST /mcp HTTP/1.1\r\n{GOOD}Content-Length: {'9' * 30}\r\n\r\n",
    "a space before the colon": f"POST /mcp HTTP/1.1\r\n{GOOD}Content-Length : 5\r\n\r\n{BODY}",
    "a zero byte in a header": f"POST /mcp HTTP/1.1\r\n{GOOD}X: a\0b\r\n{LENGTH}\r\n{BODY}",
    "a header of 1 MiB": f"POST /mcp HTTP/1.1\r\n{GOOD}X: {'a' * 2**20}\r\n{LENGTH}\r\n{BODY}",
    "a chunk's extension of 1 MiB": f"POST /mcp HTTP/1.1\r\n{GOOD}{CHUNKED}\r\n1;{'x' * 2**20}\r\n",
    "two hosts": f"POST /mcp HTTP/1.1\r\n{GOOD}Host: evil.example\r\n{LENGTH}\r\n{BODY}",
    "no host": f"POST /mcp HTTP/1.1\r\n{TOKEN}{KINDS}{LENGTH}\r\n{BODY}",
    "no host in HTTP/1.0": f"POST /mcp HTTP/1.0\r\n{TOKEN}{KINDS}{LENGTH}\r\n{BODY}",
    "another host in the target": f"POST http://evil/mcp HTTP/1.1\r\n{GOOD}{LENGTH}\r\n{BODY}",
    "an upgrade to websockets": f"GET /mcp HTTP/1.1\r\n{GOOD}{UPGRADE}\r\n",
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "CONNECT": f"CONNECT 127.0.0.1:22 HTTP/1.1\r\n{GOOD}\r\n",
    "TRACE": f"TRACE /mcp HTTP/1.1\r\n{GOOD}\r\n",
    "a path with two slashes": f"POST //mcp HTTP/1.1\r\n{GOOD}{LENGTH}\r\n{BODY}",
    "metrics in other letters": f"GET /%6detrics HTTP/1.1\r\n{HOST}\r\n",
    "metrics with a slash": f"GET /metrics/ HTTP/1.1\r\n{HOST}\r\n",
    "metrics by a detour": f"GET /mcp/../metrics HTTP/1.1\r\n{HOST}\r\n",
    "a token in the query": f"GET /metrics?access_token={ALICE} HTTP/1.1\r\n{HOST}\r\n",
    "a bad token before the good one": f"POST /mcp HTTP/1.1\r\nAuthorization: Bearer x\r\n{GOOD}"
    f"{LENGTH}\r\n{BODY}",
    "a session of its own choice": f"POST /mcp HTTP/1.1\r\n{GOOD}Mcp-Session-Id: mine\r\n{LENGTH}"
    f"\r\n{BODY}",
}
BODIES = {
    "JSON a hundred thousand deep": "[" * 100_000 + "]" * 100_000,
    "an id of five thousand digits": f'{{"jsonrpc":"2.0","id":{"9" * 5000},"method":"ping"}}',
    "an id that is half a character": '{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
    "an id that is no number": '{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
    "two messages in one": f"[{BODY},{BODY}]",
}
DETOURS = (
    *("workbench://runs/../runs", "workbench://runs/..", "workbench://runs/../../etc/passwd"),
    *("workbench://runs/{run}/../run.json", "workbench://runs/{run}/%2e%2e/secret"),
    *("workbench://runs/{run}/.", "workbench://runs/{run}/run.json/", "workbench://runs/{run}\n"),
    *("workbench://runs/{run}/\uff0e\uff0e", "WORKBENCH://runs/{run}x", "file:///etc/passwd"),
    *("workbench://guides/../settings", "workbench://lint/../JAX101", "workbench://runs/{run}\0"),
)


async def raw_refusals(url: str) -> dict[str, dict[str, Any]]:
    """For each request the statuses of all answers, and whether that is a refusal."""
    posted = {
        name: f"POST /mcp HTTP/1.1\r\n{GOOD}Content-Length: {len(body)}\r\n\r\n{body}"
        for name, body in BODIES.items()
    }
    found: dict[str, dict[str, Any]] = {}
    for name, request in {**REQUESTS, **posted}.items():
        statuses = await _statuses(url, request)
        is_refused = len(statuses) == 1 and statuses[0] in NEVER_SERVED
        found[name] = {"statuses": statuses, "refused": is_refused}
    return found


async def _statuses(url: str, request: str) -> list[int]:
    said = b""
    async with await _connected(url) as stream:
        # It may be refused before it is all there; the answer is still to be read.
        with suppress(anyio.BrokenResourceError):
            await stream.send(request.encode("latin-1"))
        with suppress(*HUNG_UP), anyio.move_on_after(WAITING_S):
            while b"\r\n\r\n" not in said:
                said += await stream.receive()
        with suppress(*HUNG_UP), anyio.move_on_after(SECOND_S):  # a smuggled request's answer
            said += await stream.receive()
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


async def _connected(url: str) -> SocketStream:
    host, _, port = url.removeprefix("http://").partition(":")
    return await anyio.connect_tcp(host, int(port))


async def silence(url: str) -> dict[str, Any]:
    """More connections than the server takes say half a word: what a request beside them gets."""
    silent = [await _connected(url) for _ in range(N_SILENT)]
    for stream in silent:
        with suppress(anyio.BrokenResourceError):  # it was ended already
            await stream.send(b"POST /mcp HTTP/1.1\r\nHost: 127")
    statuses = await _statuses(url, f"GET /health HTTP/1.1\r\n{HOST}\r\n")
    for stream in silent:
        await stream.aclose()
    return {"silent connections": N_SILENT, "health beside them": statuses}


async def detours(client: Client, run_id: str) -> list[str]:
    """The URIs, near one of a run of the client's own, that were read and must not be."""
    read: list[str] = []
    for uri in DETOURS:
        try:
            await client.read_resource(uri.replace("{run}", run_id))
        except Exception:  # noqa: BLE001, S112 - whatever the client makes of a refusal
            continue
        read.append(uri)
    return read
