"""What the worked sessions share: a real client, and a transcript of what it asked and read."""

import os
import sys
from base64 import b64decode
from collections.abc import Awaitable, Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any, cast

import anyio
from mcp import Client, StdioServerParameters, types

TRANSCRIPT, PICTURE = "output.md", "picture.png"
WAIT_S = 30
LIMIT_S = 900.0


class Session:
    """One session with a server. `text` is its transcript, in Markdown."""

    def __init__(self, client: Client) -> None:
        """Use a client that is connected."""
        self._client = client
        self.picture = b""
        """The PNG that stands for the session; empty where it has none."""
        self._pictures: list[bytes] = []
        self._text: list[str] = []
        self._shown = ""

    @property
    def text(self) -> str:
        """What was said, asked and answered so far."""
        return "\n\n".join(self._text) + "\n"

    def say(self, text: str) -> None:
        """Add a paragraph of the session's own, which also goes to stdout."""
        self._text.append(text)
        sys.stdout.write(f"{text}\n\n")
        sys.stdout.flush()

    def conclude(self, text: str) -> None:
        """Add what follows from the last answer; it holds verdicts, no measured number."""
        self.say(f"**Conclusion:** {text}")

    def keep_picture(self) -> None:
        """Let the first picture of the last answer stand for the session."""
        self.picture = self._pictures[0]

    def _show(self, code: str) -> None:
        """Add code; where it differs from the last one by little, only the difference."""
        before, self._shown = self._shown, code
        if code == before:
            return
        changes = [*unified_diff(before.splitlines(), code.splitlines(), n=1, lineterm="")][2:]
        if before and len(changes) < len(code.splitlines()) / 2:
            self.say("\n".join(["```diff", *changes, "```"]))
        else:
            self.say(f"```python\n{code}\n```")

    async def ask(self, tool: str, why: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, wait for its answer and write both down. Raises RuntimeError on an error."""
        self.say(f"## {why}")
        self.say(f"**Asked** `{tool}` with {', '.join(f'`{name}`' for name in arguments)}.")
        for name in ("code", "model"):
            if "\n" in str(arguments.get(name, "")):
                self._show(str(arguments[name]).strip())
        got = await self._client.call_tool(tool, {**arguments, "timeout_s": 600})
        while (answer := structured(got))["status"] == "running":
            job = {"job_id": answer["run"]["job_id"], "wait_s": WAIT_S}
            got = await self._client.call_tool("get_job", job)
        self._pictures = pictures_of(got)
        self.say(f"**Answered** `{answer['status']}`: {answer['summary']}")
        notes = [f"- note `{note['code']}`: {note['text']}" for note in answer["notes"]]
        steps = [f"- next `{step['tool']}`: {step['why']}" for step in answer["next"]]
        if lines := notes + steps:
            self.say("\n".join(lines))
        return answer


def structured(got: types.CallToolResult) -> dict[str, Any]:
    """The envelope of an answer. Raises RuntimeError where the server answered with an error."""
    if got.is_error or not isinstance(got.structured_content, dict):
        raise RuntimeError(" ".join(getattr(part, "text", "") for part in got.content))
    return cast("dict[str, Any]", got.structured_content)


def pictures_of(got: types.CallToolResult) -> list[bytes]:
    """The PNGs that came beside an answer."""
    return [b64decode(p.data) for p in got.content if isinstance(p, types.ImageContent)]


async def held(talk: Callable[[Session], Awaitable[None]]) -> Session:
    """Hold a session with a server of its own, which ends with it. Raises TimeoutError."""
    env = {name: value for name, value in os.environ.items() if name.startswith("JAX_WORKBENCH_")}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "jax_workbench.server", "serve"], env=env
    )
    with anyio.fail_after(LIMIT_S):
        async with Client(server) as client:
            session = Session(client)
            await talk(session)
    return session


def record(talk: Callable[[Session], Awaitable[None]], folder: Path) -> None:
    """Hold a session; write its transcript and its picture into its folder, or the one named."""
    goal = Path(sys.argv[1]) if len(sys.argv) > 1 else folder
    session = anyio.run(held, talk)
    (goal / TRANSCRIPT).write_text(session.text, encoding="utf-8")
    if session.picture:
        (goal / PICTURE).write_bytes(session.picture)
