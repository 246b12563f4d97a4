"""What a real server over HTTP says to hostile and greedy clients.

    .venv/bin/python -m tests.records.http_hostile

One server in a process of its own, with the real sandbox and a token file: who is refused and with
which status, what one client can reach of another's, who runs when one client asks for too much,
what happens to more sessions than there may be, to malformed requests and to none. Writes
`http_hostile.json` and fails where something was let through.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from jax_workbench.server.envelope import versions
from jax_workbench.server.http import MAX_BODY_MIB, MAX_SESSIONS
from tests.records.http_raw import detours, raw_refusals, silence
from tests.server.test_cancellation_http import real_server
from tests.server.test_http import ACCEPTS, ALICE, BOB, ELSEWHERE, INITIALIZE, OLD, TOKENS, bearer

RECORD = Path(__file__).with_suffix(".json")
LIMIT_S = 300.0
KEEPS = (
    "import os\nos.makedirs('outputs', exist_ok=True)\nopen('outputs/secret.txt', 'w').write('s3')"
)
SLEEPS = "import time\ntime.sleep({:g})"
N_GREEDY = 24


async def main() -> int:
    """Measure, write the record, say what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = anyio.Path(folder, "tokens")
        await tokens.write_text(TOKENS, encoding="utf-8")
        settings = {
            "JAX_WORKBENCH_TOKEN_FILE": str(tokens),
            "JAX_WORKBENCH_PUBLIC_URL": "http://127.0.0.1/mcp",
            "JAX_WORKBENCH_ANSWER_WITHIN_S": "0",
            "JAX_WORKBENCH_AUDIT": "off",
        }
        async with real_server(Path(folder, "state"), **settings) as served:
            with anyio.fail_after(LIMIT_S):
                record = {
                    "refusals": await refusals(served.url),
                    "isolation": await isolation(served.url),
                    "greed": await greed(served.url),
                    "raw": await raw_refusals(served.url),
                    "silence": await silence(served.url),
                    "sessions": await sessions(served.url),
                }
    wrong = wrongs(record)
    whole = record | {"wrong": wrong, "versions": versions(), "n_cores": os.cpu_count()}
    RECORD.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(whole, indent=2) + "\n")
    return 1 if wrong else 0


async def refusals(url: str) -> dict[str, dict[str, int]]:
    """The status of each request that must not be served, expected and found."""
    hers = bearer(ALICE)
    cases: dict[str, tuple[int, dict[str, str], bytes | None]] = {
        "no token": (401, {}, None),
        "wrong token": (401, bearer(ALICE[:-1]), None),
        "expired token": (401, bearer(OLD), None),
        "token for another server": (401, bearer(ELSEWHERE), None),
        "another scheme": (401, {"authorization": f"Basic {ALICE}"}, None),
        "bad Host": (421, hers | {"host": "evil.example"}, None),
        "Host of another port's name": (421, hers | {"host": "127.0.0.1.evil.example"}, None),
        "bad Origin": (403, hers | {"origin": "http://evil.example"}, None),
        "Origin null": (403, hers | {"origin": "null"}, None),
        "oversize body": (413, hers, b" " * (MAX_BODY_MIB * 2**20 + 1)),
        "no JSON": (400, hers, b"{"),
        "unknown session": (404, hers | {"mcp-session-id": "0" * 32}, None),
        "control": (200, hers, None),
    }
    found: dict[str, dict[str, int]] = {}
    async with httpx2.AsyncClient(timeout=60) as http:
        for name, (expected, headers, content) in cases.items():
            sent = json.dumps(INITIALIZE).encode() if content is None else content
            got = await http.post(f"{url}/mcp", headers={**ACCEPTS, **headers}, content=sent)
            found[name] = {"expected": expected, "found": got.status_code}
        opened = await http.post(f"{url}/mcp", headers={**ACCEPTS, **hers}, json=INITIALIZE)
        stolen = {"mcp-session-id": opened.headers["mcp-session-id"], **bearer(BOB)}
        got = await http.post(f"{url}/mcp", headers={**ACCEPTS, **stolen}, json=INITIALIZE)
        found["another's session"] = {"expected": 404, "found": got.status_code}
        got = await http.get(f"{url}/metrics")
        found["metrics without a token"] = {"expected": 401, "found": got.status_code}
    found["slow body"] = {"expected": 408, "found": await slow_body(url)}
    return found


async def slow_body(url: str) -> int:
    """The status of a request whose body does not come."""
    host, _, port = url.removeprefix("http://").partition(":")
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ALICE}\r\n"
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        "Content-Length: 100\r\n\r\n{"
    )
    async with await anyio.connect_tcp(host, int(port)) as stream:
        await stream.send(head.encode())
        return int((await stream.receive()).split()[1])


async def isolation(url: str) -> dict[str, Any]:
    """What Bob is told when he asks for what is Alice's; and what Alice gets of her own."""
    async with as_client(url, ALICE) as alice, as_client(url, BOB) as bob:
        kept = await finished(alice, {"code": KEEPS})
        running = await alice.call_tool("run_jax_code", {"code": SLEEPS.format(20)})
        job = {"job_id": run_of(running)["job_id"]}
        uri = f"workbench://runs/{kept['run']['run_id']}"
        file = f"{uri}/{kept['artifacts'][0]['name']}"
        tried: dict[str, Any] = {}
        for name, tool, arguments in (
            ("get_job", "get_job", job),
            ("cancel_job", "cancel_job", job),
            ("file as input", "run_jax_code", {"code": "1", "files": [file]}),
        ):
            got = await bob.call_tool(tool, arguments)
            while run_of(got).get("job_id") and tool == "run_jax_code":
                got = await bob.call_tool("get_job", {"job_id": run_of(got)["job_id"]})
            tried[name] = str(getattr(got.content[0], "text", ""))[:100]
        for name, wanted in (("run", uri), ("file", file)):
            try:
                await bob.read_resource(wanted)
                tried[name] = "READ"
            except Exception as error:  # noqa: BLE001 - whatever the client makes of a refusal
                tried[name] = f"{type(error).__name__}: {error}"[:100].replace(uri, "URI")
        tried["listed"] = sum(str(r.uri) == uri for r in (await bob.list_resources()).resources)
        hers = await alice.call_tool("get_job", {**job, "wait_s": 0})
        own = await alice.read_resource(file)
        strayed = await detours(alice, kept["run"]["run_id"])
        await alice.call_tool("cancel_job", job)
    return {
        "bob": tried,
        "alice's job goes on": (hers.structured_content or {}).get("status"),
        "alice's file": getattr(own.contents[0], "text", ""),
        "read by detours": strayed,
    }


async def greed(url: str) -> dict[str, Any]:
    """Alice asks for `N_GREEDY` jobs at once, Bob then for two: who waits, and how long."""
    async with as_client(url, ALICE) as alice, as_client(url, BOB) as bob:
        outcomes: Counter[str] = Counter()
        jobs: list[str] = []
        for _ in range(N_GREEDY):
            got = await alice.call_tool("run_jax_code", {"code": SLEEPS.format(1)})
            text = str(getattr(got.content[0], "text", ""))
            outcomes[text.partition(".")[0] if got.is_error else "taken"] += 1
            if not got.is_error:
                jobs.append(run_of(got)["job_id"])
        asked = time.monotonic()
        his = [await finished(bob, {"code": "1 + 1"}) for _ in range(2)]
        his_s = time.monotonic() - asked
        hers: list[dict[str, Any]] = []
        for job in jobs:
            answer: dict[str, Any] = {"status": "running"}
            while answer["status"] == "running":
                got = await alice.call_tool("get_job", {"job_id": job, "wait_s": 20})
                answer = got.structured_content or {"status": "lost"}
            hers.append(answer)
    return {
        "alice asked": N_GREEDY,
        "alice was told": dict(outcomes),
        "alice's answers": dict(Counter(answer["status"] for answer in hers)),
        "alice's longest queue_s": round(max(a["run"]["queue_s"] for a in hers), 2),
        "bob's answers": [answer["result"]["value"] for answer in his],
        "bob's queue_s": [round(answer["run"]["queue_s"], 2) for answer in his],
        "bob had both after_s": round(his_s, 2),
    }


async def sessions(url: str) -> dict[str, Any]:
    """Alice opens more sessions of 2025 than there may be, and Bob wants one, too."""
    statuses: Counter[int] = Counter()
    async with httpx2.AsyncClient(timeout=60) as http:
        for _ in range(MAX_SESSIONS + 8):
            headers = {**ACCEPTS, **bearer(ALICE)}
            got = await http.post(f"{url}/mcp", headers=headers, json=INITIALIZE)
            statuses[got.status_code] += 1
        headers = {**ACCEPTS, **bearer(BOB)}
        bob = await http.post(f"{url}/mcp", headers=headers, json=INITIALIZE)
        health = await http.get(f"{url}/health")
    async with as_client(url, BOB) as client:
        listed = len((await client.list_tools()).tools)
    return {
        "asked": MAX_SESSIONS + 8,
        "statuses": {str(status): n for status, n in sorted(statuses.items())},
        "bob's new session of 2025": bob.status_code,
        "bob's tools of 2026": listed,
        "health": health.status_code,
    }


def wrongs(record: dict[str, Any]) -> list[str]:
    """What was let through, or kept from whom it belongs to."""
    wrong = [
        f"{name}: {seen['found']}"
        for name, seen in record["refusals"].items()
        if seen["found"] != seen["expected"]
    ]
    reached = record["isolation"]["bob"]
    wrong += [
        f"{name}: {reached[name]}"
        for name in ("get_job", "cancel_job", "file as input")
        if not reached[name].startswith("bad_argument")
    ]
    wrong += [f"bob read the {name}" for name in ("run", "file") if reached[name] == "READ"]
    if reached["listed"] or record["isolation"]["alice's job goes on"] != "running":
        wrong.append("bob saw alice's run, or ended her job")
    wrong += [f"read {uri}" for uri in record["isolation"]["read by detours"]]
    wrong += [
        f"{name}: {sent['statuses']}" for name, sent in record["raw"].items() if not sent["refused"]
    ]
    if record["silence"]["health beside them"] != [200]:
        wrong.append("connections that say nothing kept a request out")
    if record["isolation"]["alice's file"] != "s3":
        wrong.append("alice lost her file")
    greedy = record["greed"]
    if greedy["bob's answers"] != [2, 2] or "running" in greedy["alice's answers"]:
        wrong.append("an answer is missing or another's")
    if max(greedy["bob's queue_s"]) >= greedy["alice's longest queue_s"]:
        wrong.append("bob waited behind all of alice's jobs")
    opened = record["sessions"]
    if (opened["health"], opened["bob's new session of 2025"]) != (200, 200):
        wrong.append("one client's sessions kept another one out")
    return wrong


class as_client:  # noqa: N801 - reads as a verb
    """One token's client."""

    def __init__(self, url: str, token: str) -> None:
        """Connect when entered."""
        self._http = httpx2.AsyncClient(headers=bearer(token), timeout=LIMIT_S)
        self._client = Client(streamable_http_client(f"{url}/mcp", http_client=self._http))

    async def __aenter__(self) -> Client:
        """Connect."""
        return await self._client.__aenter__()

    async def __aexit__(self, *ending: object) -> None:
        """Hang up."""
        await self._client.__aexit__(*ending)  # pyright: ignore[reportArgumentType]
        await self._http.aclose()


async def finished(client: Client, arguments: dict[str, Any]) -> dict[str, Any]:
    """The answer of run_jax_code, waited for."""
    got = await client.call_tool("run_jax_code", arguments)
    while run_of(got).get("job_id") and (got.structured_content or {})["status"] == "running":
        got = await client.call_tool("get_job", {"job_id": run_of(got)["job_id"], "wait_s": 20})
    return got.structured_content or {"error": str(got.content)}


def run_of(got: Any) -> dict[str, Any]:
    """The `run` of an answer; empty for an error."""
    answer: dict[str, Any] = got.structured_content or {}
    return answer.get("run", {})


if __name__ == "__main__":
    sys.exit(anyio.run(main))
