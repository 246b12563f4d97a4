"""Puts an answer, its artifacts and the facts of its run into the one envelope. Server only."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from jax_workbench.sandbox.policy import PoolStatus
from jax_workbench.server.run_store import Artifact, uri_of
from jax_workbench.tools.contract import Answer, Ask

DISTRIBUTIONS = ("jax-workbench", "jax", "jaxlib", "numpy")


@dataclass
class Facts:
    """What the host itself measured of a call: sums over its jobs, the largest memory."""

    wall_s: float = 0.0
    queue_s: float = 0.0
    cpu_s: float = 0.0
    peak_rss_mib: float = 0.0
    device: str = ""
    platform: str = ""


def envelope(
    answer: Answer, artifacts: Sequence[Artifact], run: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole answer as JSON values."""
    said = answer.model_dump(mode="json")
    return {
        "status": said["status"],
        "summary": said["summary"],
        "result": said["result"],
        "notes": said["notes"],
        "next": [
            {key: part for key, part in step.items() if part is not None} for step in said["next"]
        ],
        "artifacts": [
            {
                "uri": uri_of(run["run_id"], artifact.name),
                "name": artifact.name,
                "mime_type": artifact.mime_type,
                "bytes": len(artifact.content),
            }
            for artifact in artifacts
        ],
        "run": {**run},
    }


def run_of(run_id: str, tool: str, ask: Ask, facts: Facts, status: PoolStatus) -> dict[str, Any]:
    """The `run` of an envelope: what ran where, within which bounds, and what it cost."""
    return {
        "run_id": run_id,
        "job_id": None,
        "tool": tool,
        "device": facts.device or status.device,
        "platform": facts.platform or status.platform,
        "x64": bool(getattr(ask, "x64", False)),
        "seed": int(getattr(ask, "seed", 0)),
        "versions": versions(),
        "sandbox": {
            "tier": status.tier,
            "network": status.tier == "none",
            "memory_mib": status.memory_mib,
            "wall_s": float(getattr(ask, "timeout_s", 0.0)) or None,
        },
        "wall_s": round(facts.wall_s, 6),
        "queue_s": round(facts.queue_s, 6),
        "cpu_s": round(facts.cpu_s, 6),
        "peak_rss_mib": round(facts.peak_rss_mib, 3),
        "code_sha256": code_sha256(ask),
    }


@cache
def versions() -> dict[str, str]:
    """What is installed, read from the installed metadata: the server imports none of it."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name.replace("-", "_")] = version(name)
        except PackageNotFoundError:
            found[name.replace("-", "_")] = "not installed"
    return found


def code_sha256(ask: Ask) -> str | None:
    """SHA-256 of the code that was sent; of several codes, of their texts joined by a NUL.

    None where the call carries no code.
    """
    codes = list(_codes(ask.model_dump(mode="json")))
    return sha256("\0".join(codes).encode("utf-8", "replace")).hexdigest() if codes else None


def _codes(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in cast("list[Any]", part):
            yield from _codes(item)
    elif isinstance(part, dict):
        for key, value in cast("dict[str, Any]", part).items():
            if key == "code" and isinstance(value, str) and value:
                yield value
            else:
                yield from _codes(value)
