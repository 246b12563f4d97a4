"""The calls that the demo makes, and what it expects of each. Only the demo reads this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NAIVE_ATTENTION = """\
import jax, jax.numpy as jnp

def fn(q, k, v):  # (batch, length, heads, features)
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(q.shape[-1])
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, axis=-1), v)
"""

LIBRARY_ATTENTION = """\
import jax

def fn(q, k, v):
    return jax.nn.dot_product_attention(q, k, v)
"""

SNIPPET = """\
import jax, jax.numpy as jnp
import matplotlib.pyplot as plt

x = jnp.linspace(0.0, 10.0, 200)
decay = jax.vmap(lambda rate: jnp.exp(-rate * x))(jnp.array([0.1, 0.3, 1.0]))
plt.plot(x, decay.T)
plt.xlabel("time / s")
print("drew", decay.shape[0], "curves")
{"at_the_end": decay[:, -1], "half_life_s": float(jnp.log(2.0) / 0.3)}
"""

HOSTILE = """\
import os, socket, pathlib

def attempt(act):
    try:
        return "SUCCEEDED: " + repr(act())[:80]
    except Exception as error:
        return f"denied, {type(error).__name__}: {error}"

{
    "read_passwords": attempt(lambda: open("/etc/passwd").read()),
    "list_homes": attempt(lambda: os.listdir("/home")),
    "read_root_keys": attempt(lambda: list(pathlib.Path("/root/.ssh").iterdir())),
    "connect": attempt(lambda: socket.create_connection(("127.0.0.1", 80), timeout=2)),
    "fork": attempt(os.fork),
    "start_a_shell": attempt(lambda: os.execv("/bin/sh", ["sh", "-c", "id"])),
    "secrets_in_environment": [name for name in os.environ if "TOKEN" in name or "KEY" in name],
}
"""

FAULTY = """\
import jax.numpy as jnp

def loss(w, x):
    return jnp.dot(x, w).sum()

loss(jnp.ones(3), jnp.ones((4, 2)))
"""


@dataclass(frozen=True)
class DemoCall:
    """One call, and how a good answer to it looks."""

    title: str
    tool: str
    arguments: Mapping[str, Any]
    outcomes: tuple[str, ...]
    """The statuses or error codes that are right."""
    complaint: Callable[[Mapping[str, Any]], str] = lambda _result: ""
    """What is wrong with the result; empty where nothing is."""
    has_picture: bool = False


def _not_denied(result: Mapping[str, Any]) -> str:
    value = result["value"]
    allowed = [
        name for name, said in value.items() if isinstance(said, str) and "SUCCEEDED" in said
    ]
    return f"it could {', '.join(allowed)}" if allowed or value["secrets_in_environment"] else ""


def _not_compared(result: Mapping[str, Any]) -> str:
    (comparison,) = result["comparisons"]
    return "" if comparison["verdict"] != "rejected" else f"rejected: {comparison['reason']}"


_ATTENTION_INPUT = {"shape": [2, 256, 4, 64]}

CALLS = (
    DemoCall(
        title="Two implementations of attention: which is faster?",
        tool="benchmark_fn",
        arguments={
            "variants": [
                {"name": "naive", "code": NAIVE_ATTENTION},
                {"name": "library", "code": LIBRARY_ATTENTION},
            ],
            "inputs": [_ATTENTION_INPUT] * 3,
            "time_budget_s": 6,
        },
        outcomes=("compared", "ambiguous"),
        complaint=_not_compared,
    ),
    DemoCall(
        title="A snippet: its output, its value, its picture",
        tool="run_jax_code",
        arguments={"code": SNIPPET},
        outcomes=("ok",),
        has_picture=True,
    ),
    DemoCall(
        title="What a hostile snippet gets",
        tool="run_jax_code",
        arguments={"code": HOSTILE},
        outcomes=("ok",),
        complaint=_not_denied,
    ),
    DemoCall(
        title="Code that raises",
        tool="run_jax_code",
        arguments={"code": FAULTY},
        outcomes=("user_code_failed",),
    ),
    DemoCall(
        title="Code that does not end",
        tool="run_jax_code",
        arguments={"code": "while True: pass", "timeout_s": 2},
        outcomes=("timed_out",),
    ),
    DemoCall(
        title="Arguments that are wrong",
        tool="run_jax_code",
        arguments={"cod": "1 + 1", "timeout_s": "soon"},
        outcomes=("bad_argument",),
    ),
)
