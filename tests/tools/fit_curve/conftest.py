"""How fit_curve's arithmetic runs: in 64 bits, as it sets them itself."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from jax_workbench.tools.fit_curve import FitCurveAsk
from jax_workbench.tools.fit_curve.curve import Curve
from jax_workbench.tools.fit_curve.expression import parse_expression
from jax_workbench.tools.fit_curve.objective import Rows
from jax_workbench.tools.fit_curve.parameters import Grouping, make_curve
from jax_workbench.tools.fit_curve.work import run

type Array = NDArray[Any]


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
def in_64_bits() -> Iterator[None]:
    """As in the work of the tool."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def call() -> Call:
    """Answer a call in this process: the answer as JSON, and the job."""

    def called(blobs: Mapping[str, bytes] | None = None, **arguments: Any) -> Called:
        job = KeepingJob(blobs or {})
        ask = FitCurveAsk.model_validate({"timeout_s": 600, **arguments})
        return json.loads(run(ask, job).model_dump_json()), job

    return called


def curve_of(text: str, predictors: Sequence[str] = ("x",)) -> Curve:
    """A formula as a curve of all its parameters."""
    parsed = parse_expression(text, predictors)
    return make_curve(parsed, parsed.parameters, len(predictors), {}, Grouping())


def rows_of(x: Array, y: Array) -> Rows:
    """Rows of weight one."""
    return Rows(np.atleast_2d(x), y, np.ones(y.size))


def codes(answer: Mapping[str, Any]) -> list[str]:
    """The codes of an answer's reasons."""
    return [reason["code"] for reason in answer["result"]["reasons"]]


def values(answer: Mapping[str, Any]) -> dict[str, float]:
    """The estimates by name."""
    return {p["name"]: p["value"] for p in answer["result"]["parameters"]}


X = np.linspace(0, 5, 40)
DECAY = 3 * np.exp(-1.3 * X) + 0.5 + 0.05 * np.random.default_rng(1).normal(size=X.size)
"""Data of a*exp(-k*x)+c with a = 3, k = 1.3, c = 0.5."""
