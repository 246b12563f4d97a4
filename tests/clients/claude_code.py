"""Claude Code calls every tool, offline, and what its model would see is checked and written down.

    script/claude-code

A scripted Messages API on loopback stands in for the model. Run it where nothing but loopback can
be reached, as script/claude-code does.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn

from jax_workbench.server.instructions import INSTRUCTIONS
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.clients.calls import BY_HANDLE, ENDLESS, EVERY_TOOL, PICTURE, Call, artifact_of, text_of
from tests.clients.messages_api import Arguments, Block, ScriptedModel
from tests.processes import descendants

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "records" / "claude_code.md"
PREFIX = "mcp__jax__"
LIMIT_S = 400
DEEP_IN_S = 6
"""Until an endless call is surely running."""
ENDING_S = 10
READING: tuple[tuple[str, Arguments], ...] = (
    (f"{PREFIX}run_jax_code", {"code": PICTURE}),
    ("ReadMcpResourceTool", artifact_of(0)),
)
QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "MCP_CONNECTION_NONBLOCKING": "0",
    "MCP_CONNECT_TIMEOUT_MS": "30000",
    "ENABLE_TOOL_SEARCH": "false",
    "IS_SANDBOX": "1",
}


def main() -> None:
    """Let Claude Code make every call, record what it showed, exit with 1 where that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claude", help="the program `claude`")
    program: str = parser.parse_args().claude
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    inline, by_handle = played(program, EVERY_TOOL, "45"), played(program, BY_HANDLE, "0")
    read = session(program, [*READING], "45").seen[1]
    left = left_after_interrupt(program)
    lines = [
        f"Claude Code {said.stdout.split()[0]}, jax-workbench {version('jax-workbench')}.",
        "What a model would read, by `script/claude-code`.",
        "",
        *listed(inline.requests[0]),
        "",
        *table(EVERY_TOOL, inline.seen),
        "",
        "With job handles at once (`JAX_WORKBENCH_ANSWER_WITHIN_S=0`):",
        "",
        *table(BY_HANDLE, by_handle.seen),
        "",
        f"An artifact, read by its own tool for resources, comes as {form_of(read)}.",
        "",
        f"Interrupted during an endless call, it left {left or 'no'} process behind.",
    ]
    text = "\n".join(lines) + "\n"
    RECORD.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    wrong = [*complaints(EVERY_TOOL, inline.seen), *complaints(BY_HANDLE, by_handle.seen)]
    wrong += [f"{left} processes were left"] if left else []
    wrong += [f"an artifact could not be read: {text_of(read)}"] if read.get("is_error") else []
    wrong += unlisted(inline.requests[0])
    sys.exit("\n".join(wrong) or 0)


def played(program: str, calls: Sequence[Call], answer_within_s: str) -> ScriptedModel:
    """The model after a session in which it made `calls`. Raises RuntimeError where that failed."""
    return session(program, [(PREFIX + c.tool, c.arguments) for c in calls], answer_within_s)


def session(
    program: str, calls: Sequence[tuple[str, Arguments]], answer_within_s: str
) -> ScriptedModel:
    """The same for tools by their full names, Claude Code's own among them."""
    model = ScriptedModel(calls)
    with serving(model) as url, started(program, url, answer_within_s) as claude:
        _, complaint = claude.communicate(timeout=LIMIT_S)
        if claude.returncode or len(model.seen) != len(calls):
            raise RuntimeError(f"claude ended with {claude.returncode}: {complaint[-2000:]}")
    return model


def left_after_interrupt(program: str) -> int:
    """How many processes outlive a session that is interrupted during a call."""
    model = ScriptedModel([(f"{PREFIX}run_jax_code", ENDLESS)])
    with serving(model) as url, started(program, url, "300") as claude:
        while not model.requests:
            time.sleep(0.1)
        time.sleep(DEEP_IN_S)
        below = descendants(claude.pid)
        if not any("jax" in name or "python" in name for name in below.values()):
            raise RuntimeError(f"no server runs below claude: {below}")
        claude.send_signal(signal.SIGINT)
        claude.communicate(timeout=LIMIT_S)
        deadline = time.monotonic() + ENDING_S
        while (left := sum(map(is_alive, below))) and time.monotonic() < deadline:
            time.sleep(0.1)
    return left


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@contextmanager
def started(program: str, url: str, answer_within_s: str) -> Generator[subprocess.Popen[str]]:
    """Claude Code with this server, in a home of its own; killed at the end where it still runs."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        server = {
            "command": str(ROOT / ".venv" / "bin" / "jax-workbench"),
            "args": ["serve"],
            "env": {
                "JAX_WORKBENCH_STATE_DIR": f"{home}/state",
                "JAX_WORKBENCH_ANSWER_WITHIN_S": answer_within_s,
            },
        }
        config = json.dumps({"mcpServers": {"jax": server}})
        command = [program, "-p", "go", "--strict-mcp-config", "--mcp-config", config]
        command += ["--allowedTools", "mcp__jax,ReadMcpResourceTool"]
        command += ["--output-format", "stream-json", "--verbose"]
        env = {"HOME": home, "PATH": os.environ["PATH"], "ANTHROPIC_BASE_URL": url, **QUIET}
        env["ANTHROPIC_API_KEY"] = "dummy"
        claude = subprocess.Popen(  # noqa: S603
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            yield claude
        finally:
            claude.kill()
            claude.wait()


@contextmanager
def serving(model: ScriptedModel) -> Generator[str]:
    """The scripted model on a free port of loopback."""
    web = uvicorn.Server(uvicorn.Config(model.app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=web.run, daemon=True)
    thread.start()
    while not web.started:
        thread.join(0.05)
    port = web.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        web.should_exit = True
        thread.join()


def tools_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Our tools as the model is told of them."""
    return [tool for tool in request["tools"] if tool["name"].startswith(PREFIX)]


def listed(request: dict[str, Any]) -> list[str]:
    """How the tools reach the model, in one line."""
    tools = tools_of(request)
    size = sum(len(json.dumps(tool)) for tool in tools)
    keys = ", ".join(sorted({key for tool in tools for key in tool}))
    return [f"The model is told the instructions, and {len(tools)} tools in {size} bytes ({keys})."]


def unlisted(request: dict[str, Any]) -> list[str]:
    """The instructions, or tools, that did not reach the model whole."""
    told = {tool["name"].removeprefix(PREFIX): tool for tool in tools_of(request)}
    conversation = "".join(text_of(message) for message in request["messages"])
    wrong = [] if INSTRUCTIONS.strip() in conversation else ["the instructions are not told whole"]
    wrong += [f"{tool.name} is not told" for tool in ALL_TOOLS if tool.name not in told]
    return wrong + [
        f"the description of {tool.name} is cut"
        for tool in ALL_TOOLS
        if tool.name in told and told[tool.name]["description"] != tool.description
    ]


def outcome(block: Block) -> str:
    """The status of an answer or the code of an error."""
    text = text_of(block)
    return text.partition(":")[0] if block.get("is_error") else json.loads(text)["status"]


def form_of(block: Block) -> str:
    """The kinds of content in a result, or what went wrong."""
    if block.get("is_error"):
        return f"an error: {text_of(block)}"
    parts: str | list[Block] = block["content"]
    return "text" if isinstance(parts, str) else " and ".join(part["type"] for part in parts)


def has_picture(block: Block) -> bool:
    """Whether the model gets a picture."""
    parts: str | list[Block] = block["content"]
    return not isinstance(parts, str) and any(part["type"] == "image" for part in parts)


def table(calls: Sequence[Call], seen: Sequence[Block]) -> list[str]:
    """One row a call: what came, in which form, how long."""
    rows = [
        "| call | came as | status or code | picture | characters |",
        "| --- | --- | --- | --- | --- |",
    ]
    for call, block in zip(calls, seen, strict=True):
        form = "error text" if block.get("is_error") else "the structure, as compact JSON"
        picture = "yes" if has_picture(block) else "no"
        said = " or ".join(call.right) if outcome(block) in call.right else outcome(block)
        rows.append(f"| `{call.tool}` | {form} | {said} | {picture} | {len(text_of(block))} |")
    return rows


def complaints(calls: Sequence[Call], seen: Sequence[Block]) -> list[str]:
    """What is not as it should be."""
    wrong: list[str] = []
    for call, block in zip(calls, seen, strict=True):
        if outcome(block) not in call.right:
            wrong.append(f"{call.tool} was {outcome(block)}: {text_of(block)[:300]}")
        if call.has_picture and not has_picture(block):
            wrong.append(f"{call.tool} came without its picture")
        if not block.get("is_error") and not json.loads(text_of(block))["summary"]:
            wrong.append(f"{call.tool} came without its summary")
    return wrong


if __name__ == "__main__":
    main()
