import base64
import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import anyio
import pytest
from mcp import Client, StdioServerParameters

from jax_workbench.server.client_configs import CLIENTS, launch
from jax_workbench.server.settings import Settings

SETTINGS = Settings(roots=(Path("/some where/data"), Path("/more")))
HOW = launch(SETTINGS)
STARTING_S = 60


def first_json(text: str) -> dict[str, Any]:
    return json.JSONDecoder().raw_decode(text[text.index("{") :])[0]


def test_paths_are_absolute_since_gui_programs_have_a_bare_path() -> None:
    assert Path(HOW["command"]).is_absolute()
    assert Path(HOW["command"]).is_file()


def test_the_folders_that_calls_may_read_go_along() -> None:
    assert HOW["env"] == {"JAX_WORKBENCH_ROOTS": "/some where/data:/more"}
    assert launch(Settings())["env"] == {}


def test_claude_desktop_gets_the_block_of_its_file() -> None:
    assert first_json(CLIENTS["claude-desktop"](HOW)) == {"mcpServers": {"jax-workbench": HOW}}


def test_claude_code_gets_a_line_that_a_shell_reads_back_and_a_block_for_a_project() -> None:
    text = CLIENTS["claude-code"](HOW)

    line = shlex.split(text.splitlines()[0])
    assert line[:3] == ["claude", "mcp", "add"]
    assert line[line.index("--") + 1 :] == [HOW["command"], *HOW["args"]]
    assert "JAX_WORKBENCH_ROOTS=/some where/data:/more" in line
    server = first_json(text)["mcpServers"]["jax-workbench"]
    assert {name: server[name] for name in HOW} == HOW
    assert server["timeout"] > 600_000


def test_the_links_hold_what_the_blocks_hold() -> None:
    cursor, vscode = (CLIENTS[name](HOW).splitlines()[-1] for name in ("cursor", "vscode"))

    (config,) = parse_qs(urlsplit(cursor).query)["config"]
    assert json.loads(base64.b64decode(config)) == HOW
    assert json.loads(unquote(vscode.partition("?")[2])) == {"name": "jax-workbench", **HOW}


def test_vscode_has_a_key_of_its_own() -> None:
    block = first_json(CLIENTS["vscode"](HOW))

    assert block == {"servers": {"jax-workbench": {"type": "stdio", **HOW}}}


@pytest.mark.anyio
async def test_what_is_printed_starts_the_server_from_anywhere(tmp_path: Path) -> None:
    how = first_json(CLIENTS["json"](launch(Settings())))
    server = StdioServerParameters(
        command=how["command"],
        args=how["args"],
        env={"PATH": "/usr/bin:/bin", "JAX_WORKBENCH_STATE_DIR": str(tmp_path / "state")},
        cwd=tmp_path,
    )
    with anyio.fail_after(STARTING_S):
        async with Client(server) as client:
            tools = (await client.list_tools()).tools

    assert tools
