"""The inspector's command line lists and calls every tool, and what it prints is checked.

    script/inspector

One server over HTTP on loopback for the calls in the 2025 revision; the list, a call with a picture
and its file also over stdin and stdout, and in the 2026 revision.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from jax_workbench.tools.catalog import ALL_TOOLS
from tests.clients.calls import EVERY_TOOL, PICTURE, Call
from tests.clients.loopback import free_port, wait_until
from tests.clients.messages_api import Arguments

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "records" / "inspector.txt"
SERVE = [str(ROOT / ".venv" / "bin" / "jax-workbench"), "serve"]
IS_ERROR = 5
"""Exit code of the inspector where a tool's result is an error."""
LIMIT_S = 200
ERAS = {"2025-11-25": "legacy", "2026-07-28": "modern"}

type Said = dict[str, Any]


class Inspector:
    """The program, and what it is pointed at."""

    def __init__(self, program: str, target: Sequence[str], era: str) -> None:
        """Speak to `target`, a URL or a command, in one era of the protocol."""
        self._command = [program, "--cli", *target]
        self._options = ["--protocol-era", ERAS[era], "--connect-timeout", "60000", "--quiet"]

    def run(self, method: str, *options: str) -> tuple[int, Said]:
        """Exit code and what was printed. Raises RuntimeError where that is no JSON."""
        command = [*self._command, *self._options, "--method", method, *options]
        ended = subprocess.run(  # noqa: S603
            command, check=False, capture_output=True, text=True, timeout=LIMIT_S
        )
        try:
            return ended.returncode, json.loads(ended.stdout)
        except ValueError:
            raise RuntimeError(f"{method}: {ended.stdout[:500]} {ended.stderr[:500]}") from None

    def call(self, tool: str, arguments: Arguments) -> tuple[int, Said]:
        """Call a tool."""
        given = json.dumps(arguments)
        return self.run("tools/call", "--tool-name", tool, "--tool-args-json", given)


def main() -> None:
    """Make every call, record the statuses, exit with 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inspector", help="the program `mcp-inspector`")
    program: str = parser.parse_args().inspector
    said = subprocess.run([program, "--cli", "--version"], capture_output=True, check=True)  # noqa: S603
    lines = [
        f"inspector {said.stdout.decode().split()[-1]}, jax-workbench {version('jax-workbench')}"
    ]
    with tempfile.TemporaryDirectory(prefix="inspector-") as state:
        os.environ["JAX_WORKBENCH_STATE_DIR"] = state
        with serving() as url:
            old, new = ERAS
            lines += [f"HTTP, {old}: {line}" for line in called(Inspector(program, [url], old))]
            lines += [f"HTTP, {new}: {line}" for line in in_short(program, [url], new)]
        for era in ERAS:
            lines += [f"stdio, {era}: {line}" for line in in_short(program, SERVE, era)]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(RECORD.read_text(encoding="utf-8"))
    sys.exit(any("WRONG" in line for line in lines))


def in_short(program: str, target: Sequence[str], era: str) -> list[str]:
    """The list, one call with a picture, and its file."""
    inspector = Inspector(program, target, era)
    code, listed = inspector.run("tools/list", "--strict")
    named = [tool["name"] for tool in listed["tools"]]
    is_right = code == 0 and named == [tool.name for tool in ALL_TOOLS]
    picture = Call("run_jax_code", {"code": PICTURE}, ("ok",), has_picture=True)
    _, answer = inspector.call(picture.tool, picture.arguments)
    (artifact,) = answer["structuredContent"]["artifacts"]
    _, read = inspector.run("resources/read", "--uri", artifact["uri"])
    has_blob = read["contents"][0].get("mimeType") == "image/png" and read["contents"][0].get(
        "blob"
    )
    return [
        marked("tools/list, no error of portability", "" if is_right else f"exit {code}, {named}"),
        marked("a call with a picture", fault_of(picture, 0, answer)),
        marked("its file by resources/read", "" if has_blob else str(read)[:200]),
    ]


def called(inspector: Inspector) -> list[str]:
    """One line for each call of every tool."""
    lines: list[str] = []
    for call in EVERY_TOOL:
        code, result = inspector.call(call.tool, call.arguments)
        name = f"{call.tool} {' or '.join(call.right)}"
        lines.append(marked(name, fault_of(call, code, result)))
    return lines


def fault_of(call: Call, code: int, result: Said) -> str:
    """What is wrong with a result; empty where nothing is."""
    texts = [part["text"] for part in result["content"] if part["type"] == "text"]
    if result.get("isError"):
        is_right = texts[0].partition(":")[0] in call.right and code == IS_ERROR
        return "" if is_right and "structuredContent" not in result else texts[0][:200]
    if json.loads(texts[0]) != result["structuredContent"]:
        return "text and structure differ"
    if call.has_picture != any(part["type"] == "image" for part in result["content"]):
        return "no picture" if call.has_picture else "a picture"
    status = result["structuredContent"]["status"]
    return "" if code == 0 and status in call.right else f"exit {code}, {status}"


def marked(name: str, fault: str) -> str:
    """A line of the record."""
    return f"{name}: WRONG, {fault}" if fault else name


@contextmanager
def serving() -> Generator[str]:
    """A server over HTTP; the URL to call. Raises RuntimeError where it does not start."""
    address = f"127.0.0.1:{free_port()}"
    server = subprocess.Popen([*SERVE, "--http", address])  # noqa: S603
    try:
        wait_until(lambda: is_ready(f"http://{address}/health"), server)
        yield f"http://{address}/mcp"
    finally:
        server.terminate()
        server.wait(timeout=30)


def is_ready(url: str) -> bool:
    """Whether the server says that it can run code."""
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return json.load(answer)["is_ready"]
    except (URLError, OSError):
        return False


if __name__ == "__main__":
    main()
