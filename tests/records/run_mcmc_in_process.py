"""Calls run_mcmc's work in this process, for records whose models are our own."""

import importlib.metadata
import json
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.work import run

CONTINUE = "--continue"
PACKAGES = ("jax", "numpyro", "arviz-stats", "numpy", "scipy")


class RecordJob:
    """Keeps what a job hands out."""

    def __init__(self, blobs: Mapping[str, bytes] | None = None) -> None:
        """`blobs` are the call's files."""
        self.blobs: Mapping[str, bytes] = blobs or {}
        self.saved: dict[str, bytes] = {}
        self.messages: list[str] = []

    def progress(self, message: str) -> None:
        """Keep the message."""
        self.messages.append(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep the bytes."""
        del mime_type
        self.saved[name] = content


def answer_of(
    arguments: dict[str, Any], blobs: Mapping[str, bytes] | None = None
) -> tuple[dict[str, Any], float, RecordJob]:
    """The answer as JSON, the CPU seconds it took, and what was handed out."""
    job = RecordJob(blobs)
    ask = RunMcmcAsk.model_validate(arguments)
    began = time.process_time()
    with jax.enable_x64(ask.x64):
        answer = run(ask, job)
    cpu_s = time.process_time() - began
    return json.loads(answer.model_dump_json()), cpu_s, job


def versions() -> dict[str, str]:
    """What it was made with."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in PACKAGES
    }


def kept[T](arguments: Sequence[str], record: Path, key: str, nothing: T) -> tuple[list[str], T]:
    """The names among a command's arguments, and with --continue what its record holds already."""
    names = [argument for argument in arguments if argument != CONTINUE]
    if len(names) < len(arguments) and record.is_file():
        return names, json.loads(record.read_text())[key]
    return names, nothing


def is_named(name: str, names: Sequence[str]) -> bool:
    """Whether one of `names` is part of it, or none was given."""
    return not names or any(part in name for part in names)
