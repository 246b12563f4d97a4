"""How NumPyro's own code runs: it broadcasts and casts, unlike the tools' arithmetic."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import pytest

from jax_workbench.tools.run_mcmc import RunMcmcAsk
from jax_workbench.tools.run_mcmc.work import run


@dataclass
class KeepingJob:
    """A job that keeps what it is given."""

    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    saved: dict[str, bytes] = field(default_factory=dict[str, bytes])
    messages: list[str] = field(default_factory=list[str])

    def progress(self, message: str) -> None:
        """Keep the message."""
        self.messages.append(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep the bytes."""
        assert mime_type
        self.saved[name] = content


type Called = tuple[dict[str, Any], KeepingJob]
type Call = Callable[..., Called]


@pytest.fixture(autouse=True)
def as_in_a_worker() -> Iterator[None]:
    """64 bits, and JAX's own rules of promotion."""
    with (
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
        jax.enable_x64(True),
    ):
        yield


@pytest.fixture
def call() -> Call:
    """Answer a call in this process: the answer as JSON, and the job."""

    def called(blobs: Mapping[str, bytes] | None = None, **arguments: Any) -> Called:
        job = KeepingJob(blobs or {})
        answer = run(RunMcmcAsk.model_validate({"timeout_s": 600, **arguments}), job)
        return json.loads(answer.model_dump_json()), job

    return called
