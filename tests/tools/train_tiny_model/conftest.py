"""How training code runs: it broadcasts and casts, unlike the tools' arithmetic."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import pytest

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.work import run


@dataclass
class KeepingJob:
    """A job that keeps what it is given."""

    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    saved: dict[str, bytes] = field(default_factory=dict[str, bytes])
    drafts: list[bytes] = field(default_factory=list[bytes])
    messages: list[str] = field(default_factory=list[str])

    def progress(self, message: str) -> None:
        """Keep the message."""
        self.messages.append(message)

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep the bytes; a name comes once."""
        assert mime_type
        assert name not in self.saved
        self.saved[name] = content

    def draft(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep the bytes; only a checkpoint is ever left."""
        assert (name, mime_type) == ("checkpoint", "application/zip")
        self.drafts.append(content)


type Called = tuple[dict[str, Any], KeepingJob]
type Call = Callable[..., Called]

NO_LIMIT = {"timeout_s": 600, "time_budget_s": 600}
"""So that no verdict depends on the machine's load."""


@pytest.fixture(autouse=True)
def as_in_a_worker() -> Iterator[None]:
    """JAX's own rules of promotion."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def answer_of(blobs: Mapping[str, bytes] | None = None, **arguments: Any) -> Called:
    """Answer a call in this process: the answer as JSON, and the job."""
    job = KeepingJob(blobs or {})
    answer = run(TrainTinyModelAsk.model_validate({**NO_LIMIT, **arguments}), job)
    return json.loads(answer.model_dump_json()), job


@pytest.fixture
def call() -> Call:
    """Answer a call in this process."""
    return answer_of
