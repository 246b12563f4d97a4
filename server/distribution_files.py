"""What registries and installers of MCP servers read about this one, from one source. Server only.

The name, version and description are those of the installed package, the settings those of
`server.settings`. `server.json` is what the MCP registry takes, a manifest what an MCPB bundle
holds.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageMetadata, metadata
from typing import Any, Literal

from jax_workbench.sandbox.accelerators import CHOICES as DEVICES
from jax_workbench.sandbox.tiers import CHOICES as TIERS
from jax_workbench.server.settings import PREFIX, Settings
from jax_workbench.tools.catalog import ALL_TOOLS

NAME = "jax-workbench"
REGISTRY_NAME = f"io.github.{NAME}/{NAME}"
"""The README and the image's label repeat it: that proves to a registry whose they are."""
SERVER_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"


@dataclass(frozen=True)
class Asked:
    """A setting that a user is asked for when the server is installed."""

    setting: str
    title: str
    description: str
    kind: Literal["string", "number", "directory"] = "string"
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that carries it."""
        return PREFIX + self.setting.upper()

    @property
    def default(self) -> Any:
        """The server's own; an empty text, which it takes for none, where it has none."""
        return getattr(Settings(), self.setting) or ""


ASKED = (
    Asked("roots", "Data folder", "Folder below which a call may read files.", "directory"),
    Asked("device", "Device", f"What jobs run on: {', '.join(DEVICES)}.", choices=DEVICES),
    Asked("sandbox", "Isolation", f"What to insist on: {', '.join(TIERS)}.", choices=TIERS),
    Asked("memory_mib", "Memory", "MiB of a job, above its worker's own.", "number"),
)


def server_json() -> str:
    """The description of this version for the MCP registry."""
    package = {
        "registryType": "pypi",
        "identifier": NAME,
        "version": _metadata()["Version"],
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": [_variable(asked) for asked in ASKED],
    }
    return _json(
        {
            "$schema": SERVER_SCHEMA,
            "name": REGISTRY_NAME,
            "title": NAME,
            "description": _metadata()["Summary"],
            "version": _metadata()["Version"],
            "packages": [package],
        }
    )


def mcpb_manifest() -> str:
    """The manifest of a bundle that holds this repository; the host installs it with uv.

    The command is given, since a file of server/ that is run as a script would hide modules of the
    standard library behind its neighbours.
    """
    run = ["run", "--no-dev", "--no-editable", "--directory", "${__dirname}", NAME, "serve"]
    env = {asked.variable: f"${{user_config.{asked.setting}}}" for asked in ASKED}
    return _json(
        {
            "manifest_version": "0.4",
            "name": NAME,
            "version": _metadata()["Version"],
            "description": _metadata()["Summary"],
            "author": {"name": NAME},
            "license": _metadata()["License-Expression"],
            "server": {
                "type": "uv",
                "entry_point": "server/__main__.py",
                "mcp_config": {"command": "uv", "args": run, "env": env},
            },
            "tools": [{"name": tool.name, "description": tool.title} for tool in ALL_TOOLS],
            "user_config": {asked.setting: _question(asked) for asked in ASKED},
            "compatibility": {
                "platforms": ["linux"],
                "runtimes": {"python": _metadata()["Requires-Python"]},
            },
        }
    )


FILES: Mapping[str, Callable[[], str]] = {"server-json": server_json, "mcpb": mcpb_manifest}


@cache
def _metadata() -> PackageMetadata:
    return metadata(NAME)


def _variable(asked: Asked) -> dict[str, Any]:
    kind = "filepath" if asked.kind == "directory" else asked.kind
    found: dict[str, Any] = {
        "name": asked.variable,
        "description": asked.description,
        "format": kind,
    }
    if asked.default:
        found["default"] = str(asked.default)
    if asked.choices:
        found["choices"] = [*asked.choices]
    return found


def _question(asked: Asked) -> dict[str, Any]:
    return {
        "type": asked.kind,
        "title": asked.title,
        "description": asked.description,
        "required": False,
        "default": asked.default,
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2)
