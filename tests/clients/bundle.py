"""Starts an unpacked MCPB bundle as a host does, and makes one call.

    script/bundle

The host fills in the folder and what the user was asked for, then starts the command.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

LIMIT_S = 480
"""The first start installs what the bundle depends on."""


def filled(text: str, folder: Path, asked: dict[str, Any]) -> str:
    """A text of the manifest with the host's values in their places."""
    text = text.replace("${__dirname}", str(folder))
    return re.sub(r"\$\{user_config\.(\w+)\}", lambda found: str(asked[found[1]]["default"]), text)


async def main(folder: Path) -> None:
    """Call the bundle's server once; exits with 1 where the answer is wrong."""
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    how, asked = manifest["server"]["mcp_config"], manifest["user_config"]
    server = StdioServerParameters(
        command=how["command"],
        args=[filled(word, folder, asked) for word in how["args"]],
        env={
            **os.environ,  # uv's index and certificates are the installing machine's choice
            "JAX_WORKBENCH_STATE_DIR": str(folder / "state"),
            **{name: filled(value, folder, asked) for name, value in how["env"].items()},
        },
    )
    with anyio.fail_after(LIMIT_S):
        async with Client(server) as client:
            named = [tool.name for tool in (await client.list_tools()).tools]
            got = await client.call_tool("run_jax_code", {"code": "6 * 7"})
    if named != [tool["name"] for tool in manifest["tools"]]:
        sys.exit(f"the server lists {named}")
    if not got.structured_content or got.structured_content["result"]["value"] != 42:
        sys.exit(f"the call gave {got.content}")
    sys.stdout.write(f"{len(named)} tools; {got.structured_content['summary']}\n")


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]).resolve())
