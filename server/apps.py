"""The MCP Apps extension: one page that shows answers, for clients that show pages. Server only.

The page is put together from the files of `view/` and from `view*.js` of each tool's folder. It
holds all it needs: the hosts' frame lets nothing be fetched.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server import Server
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from jax_workbench import tools
from jax_workbench.server.describe import AnyTool
from jax_workbench.tools import get_job

NAME = "jax-workbench"
PAGE_URI = f"ui://{NAME}/answer.html"
LINK: dict[str, Any] = {"ui": {"resourceUri": PAGE_URI}}
TERMS: dict[str, Any] = {
    "ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}
}
"""What the page asks of its frame: no network, and an edge around it."""
PLACE = Path(__file__).parent / "view"
TOOLS = Path(*tools.__path__)
BEFORE = ("host.js", "parts.js", "chart.js", "answer.js")
AFTER = ("main.js",)


class Apps:
    """The page, and which tools' answers it shows."""

    def __init__(self, offered: Sequence[AnyTool]) -> None:
        """Show the answers of `offered` that have a view, and those that get_job fetches."""
        self._offered = {tool.name: tool for tool in offered}

    def install(self, server: Server[None]) -> None:
        """Offer the extension."""
        server.extensions[EXTENSION_ID] = {}

    def linked(self, described: types.Tool) -> types.Tool:
        """The same tool, with the page named where it shows the tool's answers."""
        is_shown = described.name == get_job.TOOL.name or bool(_views(described.name))
        return described.model_copy(update={"meta": LINK}) if is_shown else described

    def listed(self) -> types.Resource:
        """The page as a resource."""
        return types.Resource(
            uri=PAGE_URI,
            name="answer",
            title="The page that shows an answer",
            mime_type=APP_MIME_TYPE,
            _meta=TERMS,
        )

    def read(self, uri: str) -> types.TextResourceContents | None:
        """The page, or None."""
        if uri != PAGE_URI:
            return None
        text = page(tuple(self._offered.values()))
        return types.TextResourceContents(uri=uri, mime_type=APP_MIME_TYPE, text=text, _meta=TERMS)


@cache
def page(offered: Sequence[AnyTool]) -> str:
    """The whole page as HTML."""
    known = {tool.name: {"title": tool.title, "bad": sorted(tool.bad_statuses)} for tool in offered}
    constants = {"NAME": NAME, "VERSION": version(NAME), "TOOLS": known}
    script = [f"const {name} = {json.dumps(value)};" for name, value in constants.items()]
    script += [_text(PLACE / name) for name in BEFORE]
    for tool in offered:
        # A block of its own: the names in one tool's view are not those of another's.
        script += ["{", *map(_text, _views(tool.name)), "}"] if _views(tool.name) else []
    script += [_text(PLACE / name) for name in AFTER]
    whole = _text(PLACE / "page.html").replace("{{style}}", _text(PLACE / "style.css"))
    return whole.replace("{{script}}", "\n".join(script))


def _views(tool: str) -> list[Path]:
    return sorted((TOOLS / tool).glob("view*.js"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
