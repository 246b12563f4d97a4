"""`jax-workbench config`: what a client or a registry is told of this server. Server only."""

import base64
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jax_workbench.server.distribution_files import FILES, NAME
from jax_workbench.server.settings import Settings

NOT_WRITTEN = 2
CALL_LIMIT_MS = 660_000
"""Longer than the longest call; Claude Code gives up at this."""


def show_config(name: str, settings: Settings, out: Path | None = None) -> int:
    """Print what the client or the file called `name` is told, or write it to `out`.

    Returns 0, or 2 where it can't be written.
    """
    text = (FILES[name]() if name in FILES else CLIENTS[name](launch(settings))) + "\n"
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(
            f"jax-workbench config: {error}; --out takes a file that can be written.\n"
        )
        return NOT_WRITTEN
    return 0


def launch(settings: Settings) -> dict[str, Any]:
    """How to start this very installation: absolute paths, since GUI programs have a bare PATH.

    Of the settings, the folders that calls may read go along.
    """
    script = Path(sys.executable).parent / NAME
    command, args = (
        (str(script), ["serve"])
        if script.is_file()
        else (sys.executable, ["-m", "jax_workbench.server", "serve"])
    )
    roots = ":".join(map(str, settings.roots))
    return {
        "command": command,
        "args": args,
        "env": {"JAX_WORKBENCH_ROOTS": roots} if roots else {},
    }


def claude_desktop(how: Mapping[str, Any]) -> str:
    """Its configuration file: Settings, Developer, Edit Config."""
    return _json({"mcpServers": {NAME: how}})


def claude_code(how: Mapping[str, Any]) -> str:
    """A command for a shell; below it the same for a project's `.mcp.json`."""
    env = [word for name, value in how["env"].items() for word in ("--env", f"{name}={value}")]
    words = ["claude", "mcp", "add", "--scope", "user", NAME, *env, "--", how["command"]]
    project = {"type": "stdio", **how, "timeout": CALL_LIMIT_MS}
    return "\n".join(
        (
            shlex.join([*words, *how["args"]]),
            "",
            "# or, for one project, in its .mcp.json:",
            _json({"mcpServers": {NAME: project}}),
        )
    )


def cursor(how: Mapping[str, Any]) -> str:
    """`~/.cursor/mcp.json`; below it a link that installs it."""
    config = base64.b64encode(json.dumps(how).encode()).decode()
    query = urlencode({"name": NAME, "config": config})
    link = f"cursor://anysphere.cursor-deeplink/mcp/install?{query}"
    return f"{_json({'mcpServers': {NAME: how}})}\n\n# or open:\n{link}"


def vscode(how: Mapping[str, Any]) -> str:
    """`.vscode/mcp.json`; below it a link that installs it."""
    link = f"vscode:mcp/install?{quote(json.dumps({'name': NAME, **how}))}"
    return f"{_json({'servers': {NAME: {'type': 'stdio', **how}}})}\n\n# or open:\n{link}"


def any_client(how: Mapping[str, Any]) -> str:
    """The bare block that every client's own file wraps."""
    return _json(how)


CLIENTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "claude-desktop": claude_desktop,
    "claude-code": claude_code,
    "cursor": cursor,
    "vscode": vscode,
    "json": any_client,
}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2)
