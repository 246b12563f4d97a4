"""The calls that the demo makes, and what it expects of each. Only the demo reads this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
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

WRONG_SIGN = """\
import jax, jax.numpy as jnp

@jax.custom_vjp
def softplus(x):
    return jnp.logaddexp(x, 0.0)

def forward(x):
    return softplus(x), x

def backward(x, g):
    return (g * jax.nn.sigmoid(-x),)  # the sign is wrong

softplus.defvjp(forward, backward)

def fn(w, x):
    return softplus(x @ w).sum()

def make_args():
    return jnp.linspace(-1.0, 1.0, 3), jnp.arange(12.0).reshape(4, 3) / 10
"""

EIGHT_SCHOOLS = """\
import numpyro
import numpyro.distributions as dist

def model(effect, error):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", 8):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("obs", dist.Normal(theta, error), obs=effect)
"""

KINETICS = {"Vmax": 212.7, "Km": 0.06412}
"""The published fit: Bates and Watts, Nonlinear Regression Analysis (1988), appendix A1.3."""

REUSED_KEY = """\
import jax

def noisy(x, seed):
    key = jax.random.key(seed)
    scale = jax.random.uniform(key)
    return x + scale * jax.random.normal(key, x.shape)

@jax.jit
def clip(x):
    if x.sum() > 1.0:
        return x / x.sum()
    return x
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


def _rule_not_named(result: Mapping[str, Any]) -> str:
    named = {finding["rule"] for finding in result["findings"]}
    return "" if "softplus" in named else f"the rule named is {named}"


def _kinetics_missed(result: Mapping[str, Any]) -> str:
    found = {parameter["name"]: parameter["value"] for parameter in result["parameters"]}
    right = all(isclose(found[name], value, rel_tol=1e-4) for name, value in KINETICS.items())
    return "" if right else f"it found {found} instead of {KINETICS}"


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
        title="What is wrong with this code?",
        tool="lint_jax_code",
        arguments={"code": REUSED_KEY},
        outcomes=("findings",),
    ),
    DemoCall(
        title="Which derivative is wrong, by which rule?",
        tool="check_gradients",
        arguments={"code": WRONG_SIGN},
        outcomes=("fail",),
        complaint=_rule_not_named,
    ),
    DemoCall(
        title="Enzyme kinetics of puromycin-treated cells, no start given",
        tool="fit_curve",
        arguments={
            "model": "Vmax * x / (Km + x)",
            "x": [0.02, 0.02, 0.06, 0.06, 0.11, 0.11, 0.22, 0.22, 0.56, 0.56, 1.10, 1.10],
            "y": [76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200],
            "x_label": "concentration / ppm",
            "y_label": "rate / (counts/min^2)",
        },
        outcomes=("ok", "warn"),
        complaint=_kinetics_missed,
        has_picture=True,
    ),
    DemoCall(
        title="Eight schools, written centred: can these draws be trusted?",
        tool="run_mcmc",
        arguments={
            "model": EIGHT_SCHOOLS,
            "data": {
                "effect": [28, 8, -3, 7, -1, 1, 18, 12],
                "error": [15, 10, 16, 11, 9, 11, 10, 18],
            },
            "timeout_s": 120,
        },
        outcomes=("warn", "ok"),
        has_picture=True,
    ),
    DemoCall(
        title="Does a small network learn the irises?",
        tool="train_tiny_model",
        arguments={"model": "mlp", "dataset": "iris", "time_budget_s": 20, "timeout_s": 120},
        outcomes=("converged", "still_improving", "stopped_by_budget"),
        has_picture=True,
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
