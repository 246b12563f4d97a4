"""What real clients are made to call: every tool, an error, a picture, a long job, a cancel."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.clients.messages_api import Arguments, Block

PICTURE = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(3, 2))
plt.plot([1, 4, 9])
print("drawn")
{"answer": 42}
"""
REUSED_KEY = """\
import jax
key = jax.random.key(0)
a = jax.random.normal(key)
b = jax.random.normal(key)
"""
ENDLESS = {"code": "while True: pass"}


@dataclass(frozen=True)
class Call:
    """One call, and the statuses or error codes that are right."""

    tool: str
    arguments: Arguments
    right: tuple[str, ...]
    has_picture: bool = False


EVERY_TOOL = (
    Call("run_jax_code", {"code": PICTURE}, ("ok",), has_picture=True),
    Call("run_jax_code", {"code": "1 / 0"}, ("user_code_failed",)),
    Call("run_jax_code", {"cod": "1"}, ("bad_argument",)),
    Call("run_jax_code", {"code": "while True: pass", "timeout_s": 2}, ("timed_out",)),
    Call(
        "lint_jax_code",
        {"code": REUSED_KEY},
        ("findings",),
    ),
    Call(
        "benchmark_fn",
        {
            "variants": [
                {"name": "square", "code": "def fn(x):\n    return x * x"},
                {"name": "power", "code": "def fn(x):\n    return x**2"},
            ],
            "inputs": [{"shape": [256, 256]}],
            "time_budget_s": 3,
        },
        ("compared", "ambiguous", "partial"),
        has_picture=True,
    ),
    Call(
        "check_gradients",
        {
            "code": "import jax.numpy as jnp\ndef fn(x):\n    return jnp.sin(x).sum()",
            "inputs": [{"shape": [3]}],
        },
        ("pass",),
    ),
    Call(
        "fit_curve",
        {
            "model": "a*exp(-k*x)",
            "x": [0, 1, 2, 3, 4, 5],
            "y": [3.02, 1.81, 1.12, 0.66, 0.42, 0.24],
        },
        ("ok", "warn"),
        has_picture=True,
    ),
    Call("run_mcmc", {"model": "def model():\n    raise ValueError('no')"}, ("refused",)),
    Call(
        "train_tiny_model",
        {"model": "mlp", "dataset": "iris", "time_budget_s": 10, "timeout_s": 100},
        ("converged", "still_improving", "stopped_by_budget"),
        has_picture=True,
    ),
    Call("get_job", {"job_id": "unknown"}, ("bad_argument",)),
    Call("cancel_job", {"job_id": "unknown"}, ("bad_argument",)),
)


def text_of(block: Block) -> str:
    """Our text in a tool result; Claude Code adds a line of its own on where a picture is kept."""
    content: str | list[Block] = block["content"]
    if isinstance(content, str):
        return content
    texts = [part["text"] for part in content if part["type"] == "text"]
    return "\n".join(text for text in texts if not text.startswith("[Image: source:"))


def job_of(place: int) -> Callable[[Sequence[Block]], Mapping[str, Any]]:
    """The arguments that ask for the job which the call at `place` handed out."""

    def arguments(seen: Sequence[Block]) -> Mapping[str, Any]:
        return {"job_id": json.loads(text_of(seen[place]))["run"]["job_id"]}

    return arguments


def artifact_of(place: int) -> Callable[[Sequence[Block]], Mapping[str, Any]]:
    """The arguments that read the first artifact of the call at `place`."""

    def arguments(seen: Sequence[Block]) -> Mapping[str, Any]:
        return {"server": "jax", "uri": json.loads(text_of(seen[place]))["artifacts"][0]["uri"]}

    return arguments


BY_HANDLE = (
    Call("run_jax_code", {"code": "6 * 7"}, ("running",)),
    Call("get_job", job_of(0), ("ok",)),
    Call("run_jax_code", ENDLESS, ("running",)),
    Call("cancel_job", job_of(2), ("cancelled",)),
    Call("get_job", job_of(2), ("cancelled",)),
    Call("cancel_job", job_of(0), ("already_finished",)),
)
"""For a server that hands out a job at once."""
