"""What a client can read: the device, and the runs that are stored. Server only."""

import base64
import json
import os
from typing import Any

import anyio.to_thread
from mcp import types
from mcp.shared.exceptions import MCPError

from jax_workbench.server.apps import Apps
from jax_workbench.server.background_pool import BackgroundPool
from jax_workbench.server.envelope import versions
from jax_workbench.server.guides import SCHEME as GUIDES
from jax_workbench.server.guides import guide_at, guides
from jax_workbench.server.rule_pages import SCHEME as RULES
from jax_workbench.server.rule_pages import rule_page_at
from jax_workbench.server.run_store import Artifact, RunStore, parse_uri, uri_of
from jax_workbench.server.settings import Settings
from jax_workbench.server.skills import MARKDOWN, Skills

DEVICE_URI = "workbench://device"
JSON_TYPE = "application/json"
LISTED_RUNS = 50
MAX_READ_MIB = 32
"""Of one file; a base64 text of it has to fit one message."""
TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg+xml")


class Resources:
    """The resources of one server."""

    def __init__(
        self,
        pool: BackgroundPool,
        store: RunStore,
        settings: Settings,
        skills: Skills,
        apps: Apps,
    ) -> None:
        """Read how `pool` stands and what `store` holds."""
        self._apps = apps
        self._skills = skills
        self._pool = pool
        self._store = store
        self._settings = settings

    async def listed(self, owner: str, *, with_page: bool) -> list[types.Resource]:
        """The device, the guides and the newest runs of `owner`; templates reach the others."""
        run_ids = await anyio.to_thread.run_sync(self._store.of(owner).run_ids)
        return [
            types.Resource(
                uri=DEVICE_URI,
                name="device",
                title="The host's device, sandbox and limits",
                mime_type=JSON_TYPE,
            ),
            *(
                types.Resource(
                    uri=guide.uri,
                    name=guide.name,
                    title=guide.title,
                    description=guide.description,
                    mime_type=MARKDOWN,
                )
                for guide in guides().values()
            ),
            *self._skills.listed(),
            *([self._apps.listed()] if with_page else []),
            *(
                types.Resource(
                    uri=uri_of(run_id), name=run_id, title=_title(run_id), mime_type=JSON_TYPE
                )
                for run_id in run_ids[:LISTED_RUNS]
            ),
        ]

    def templates(self) -> list[types.ResourceTemplate]:
        """Where runs and their files are."""
        return [
            types.ResourceTemplate(
                uri_template=uri_of("{run_id}"),
                name="run",
                title="A finished run",
                description="What was asked, what was answered, and the files of a run.",
                mime_type=JSON_TYPE,
            ),
            types.ResourceTemplate(
                uri_template=uri_of("{run_id}", "{file}"),
                name="run_file",
                title="A file of a finished run",
                description="A picture, array or other file that a run handed out.",
            ),
            types.ResourceTemplate(
                uri_template=f"{GUIDES}{{name}}",
                name="guide",
                title="A guide",
                description="A short page on one part of JAX, with code that runs.",
                mime_type=MARKDOWN,
            ),
            types.ResourceTemplate(
                uri_template=f"{RULES}{{code}}",
                name="lint_rule",
                title="A rule of the linter",
                description="Why what lint_jax_code found is bad, and what to write instead.",
                mime_type=MARKDOWN,
            ),
        ]

    async def read(self, uri: str, owner: str) -> types.ReadResourceResult:
        """The content at `uri`. Raises MCPError where there is none that `owner` may read."""
        if uri == DEVICE_URI:
            return _one(_json(uri, self.device()))
        if guide := guide_at(uri):
            text = types.TextResourceContents(uri=uri, mime_type=MARKDOWN, text=guide.text)
            return _one(text)
        if rule := await anyio.to_thread.run_sync(rule_page_at, uri):
            text = types.TextResourceContents(uri=uri, mime_type=MARKDOWN, text=rule.text)
            return _one(text)
        if page := self._skills.read(uri) or self._apps.read(uri):
            return _one(page)
        place = parse_uri(uri)
        if place is None:
            raise _not_found(uri)
        run_id, name = place
        store = self._store.of(owner)
        if not name:
            record = await anyio.to_thread.run_sync(store.record, run_id)
            if record is None:
                raise _not_found(uri)
            return _one(_json(uri, record))
        try:
            file = await anyio.to_thread.run_sync(store.file, run_id, name, MAX_READ_MIB * 2**20)
        except ValueError:
            raise MCPError(
                types.INVALID_PARAMS,
                f"{uri} is larger than {MAX_READ_MIB} MiB; name it in the `files` of a call.",
            ) from None
        if file is None:
            raise _not_found(uri)
        return _one(_contents(uri, file))

    def device(self) -> dict[str, Any]:
        """What jobs run on, in which isolation, within which limits, and how long the queue is."""
        status = self._pool.status()
        return {
            "device": status.device,
            "platform": status.platform,
            "n_cores": status.n_cores,
            "memory": {"host_mib": _host_mib(), "per_job_mib": status.memory_mib},
            "versions": versions(),
            "sandbox": {
                "tier": status.tier,
                "network": status.tier == "none",
                "shortfall": status.shortfall or None,
                "problem": status.problem or None,
                "remedy": status.remedy or None,
            },
            "limits": {
                "memory_mib": self._settings.memory_mib,
                "timeout_s": 600,
                "answer_within_s": self._settings.answer_within_s,
                "unfinished_calls": self._settings.max_unfinished,
            },
            "queue": {
                "is_ready": status.is_ready,
                "ready_workers": status.n_ready,
                "running": status.n_running,
                "queued": status.n_queued,
            },
        }


def _title(run_id: str) -> str:
    """An id's own words: `20260102t030405-run_jax_code-...`."""
    stamp, tool, _ = run_id.split("-", 2)
    return f"{tool}, {stamp[:4]}-{stamp[4:6]}-{stamp[6:8]} {stamp[9:11]}:{stamp[11:13]} UTC"


def _host_mib() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20


def _json(uri: str, value: dict[str, Any]) -> types.TextResourceContents:
    text = json.dumps(value, indent=1, allow_nan=False)
    return types.TextResourceContents(uri=uri, mime_type=JSON_TYPE, text=text)


def _contents(uri: str, file: Artifact) -> types.TextResourceContents | types.BlobResourceContents:
    if file.mime_type.startswith(TEXT_TYPES):
        try:
            text = file.content.decode("utf-8")
        except UnicodeDecodeError:
            pass  # it says text and is none: send the bytes
        else:
            return types.TextResourceContents(uri=uri, mime_type=file.mime_type, text=text)
    blob = base64.b64encode(file.content).decode("ascii")
    return types.BlobResourceContents(uri=uri, mime_type=file.mime_type, blob=blob)


def _one(
    contents: types.TextResourceContents | types.BlobResourceContents,
) -> types.ReadResourceResult:
    return types.ReadResourceResult(contents=[contents])


def _not_found(uri: str) -> MCPError:
    return MCPError(types.INVALID_PARAMS, f"There is no resource {uri}.", data={"uri": uri})
