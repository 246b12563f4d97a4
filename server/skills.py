"""The Skills extension (SEP-2640): the guides as one skill, pinned by digest. Server only.

For clients without the extension the same files are ordinary resources.
"""

from hashlib import sha256
from typing import Any

from mcp import types
from mcp.server import Server
from mcp.shared.exceptions import MCPError

from jax_workbench.server.extension_method import Ctx, add_method
from jax_workbench.server.guides import PLACE, guides

SKILLS = "io.modelcontextprotocol/skills"
BASE = "skill://measured-jax"
PAGE = f"{BASE}/SKILL.md"
REFERENCES = f"{BASE}/references"
FOLDER = "inode/directory"
MARKDOWN = "text/markdown"
FRESH = {"ttlMs": 3_600_000, "cacheScope": "public"}


class UriParams(types.PaginatedRequestParams):
    """Names a skill or a folder."""

    uri: str


class Skills:
    """The skill's files, as resources and through the extension's methods."""

    def __init__(self) -> None:
        """Read the files."""
        self.files = {PAGE: (PLACE / "SKILL.md").read_text(encoding="utf-8")}
        self.files |= {f"{REFERENCES}/{name}.md": guide.text for name, guide in guides().items()}
        head = self.files[PAGE].split("---\n", 2)[1]
        self._matter = dict(line.split(": ", 1) for line in head.splitlines())

    def install(self, server: Server[None]) -> None:
        """Offer the extension."""
        server.extensions[SKILLS] = {"directoryRead": True}
        add_method(server, "skills/list", types.PaginatedRequestParams, self._every)
        add_method(server, "skills/get", UriParams, self._one)
        add_method(server, "resources/directory/read", UriParams, self._directory)

    def listed(self) -> list[types.Resource]:
        """The files as resources; the skill's own page first."""
        first = types.Resource(
            uri=PAGE,
            name=self._matter["name"],
            description=self._matter["description"],
            mime_type=MARKDOWN,
        )
        others = [
            types.Resource(uri=uri, name=uri.rpartition("/")[2], mime_type=MARKDOWN)
            for uri in self.files
            if uri != PAGE
        ]
        return [first, *others]

    def read(self, uri: str) -> types.TextResourceContents | None:
        """A file's text, or None."""
        text = self.files.get(uri)
        if text is None:
            return None
        return types.TextResourceContents(uri=uri, mime_type=MARKDOWN, text=text)

    def _described(self) -> dict[str, Any]:
        return {
            "uri": PAGE,
            "frontmatter": self._matter,
            "resources": [
                {"uri": uri, "digest": f"sha256:{sha256(text).hexdigest()}", "size": len(text)}
                for uri, text in ((uri, text.encode()) for uri, text in self.files.items())
            ],
        }

    async def _every(self, _ctx: Ctx, _params: types.PaginatedRequestParams) -> dict[str, Any]:
        return {"skills": [self._described()], **FRESH}

    async def _one(self, _ctx: Ctx, params: UriParams) -> dict[str, Any]:
        if params.uri != PAGE:
            raise MCPError(types.INVALID_PARAMS, f"Unknown skill: {params.uri}")
        return {"skill": self._described(), **FRESH}

    async def _directory(self, _ctx: Ctx, params: UriParams) -> dict[str, Any]:
        folder = params.uri.rstrip("/")
        below = [uri for uri in self.files if uri.startswith(f"{folder}/")]
        if folder not in {BASE, REFERENCES}:
            raise MCPError(types.INVALID_PARAMS, f"Not a directory: {params.uri}")
        children = dict.fromkeys(uri.removeprefix(f"{folder}/").split("/")[0] for uri in below)
        return {"resources": [_child(folder, name) for name in children], **FRESH}


def _child(folder: str, name: str) -> dict[str, str]:
    mime_type = MARKDOWN if name.endswith(".md") else FOLDER
    return {"uri": f"{folder}/{name}", "name": name, "mimeType": mime_type}
