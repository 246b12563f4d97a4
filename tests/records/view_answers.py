"""Records real answers of the tools, for the tests of the view that shows them.

    .venv/bin/python tests/records/view_answers.py [NAME ...]

Each goes to tests/server/answers/NAME.json: the call's arguments and its result as a client gets
it, but for the text that says the same as the structure, and for pictures above 15 kB.
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters, types

from jax_workbench.server.demo_calls import CALLS

PLACE = Path(__file__).parent.parent / "server" / "answers"
MAX_PICTURE_LENGTH = 20_000
LIMIT_S = 200

BROADCAST = """\
import jax.numpy as jnp

def fn(x):
    return jnp.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(-1))
"""
BY_PRODUCT = """\
import jax.numpy as jnp

def fn(x):
    squares = (x * x).sum(-1)
    return jnp.sqrt(jnp.maximum(squares[:, None] + squares[None, :] - 2 * x @ x.T, 0.0))
"""
TRANSPOSED = """\
def fn(x):
    return x.T
"""
TRUE_SLOPES = """\
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

def model(x, y):
    slope = numpyro.sample("slope", dist.Normal(0, 2).expand([3]).to_event(1))
    scale = numpyro.sample("scale", dist.HalfNormal(2))
    numpyro.sample("obs", dist.Normal(jnp.asarray(x) @ slope, scale), obs=y)
"""
SEVERAL_BUGS = """\
import jax
import jax.numpy as jnp

def sample(key, x):
    noise = jax.random.normal(key, x.shape)  # \U0001f3b2
    mask = jax.random.bernoulli(key, 0.5, x.shape)
    x.at[0].set(0.0)
    return jnp.where(mask, x + noise, x)

@jax.jit
def clipped(x):
\tif x.sum() > 0:
\t\treturn jax.tree_map(jnp.abs, x)
\treturn x
"""
ROWS = [[(i * j) % 7 / 3 - 1 for j in (1, 2, 5)] for i in range(1, 41)]
DISTANCES: Mapping[str, Any] = {
    "make_inputs": (
        "import jax\n\ndef make_inputs(seed, n):\n"
        "    return (jax.random.normal(jax.random.key(seed), (n, 3)),)\n"
    ),
    "sweep": {"n": [32, 64, 128, 256, 512]},
    "rtol": 1e-3,
    "time_budget_s": 15,
    "timeout_s": 150,
}


def demo_arguments(tool: str) -> dict[str, Any]:
    """What the demo asks of `tool` first."""
    return {**next(call.arguments for call in CALLS if call.tool == tool)}


CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "benchmark": (
        "benchmark_fn",
        {
            "variants": [
                {"name": "broadcast", "code": BROADCAST},
                {"name": "by product", "code": BY_PRODUCT},
            ],
            **DISTANCES,
        },
    ),
    "benchmark_rejected": (
        "benchmark_fn",
        {
            "variants": [
                {"name": "distances", "code": BROADCAST},
                {"name": "wrong", "code": TRANSPOSED},
            ],
            **DISTANCES,
            "sweep": {"n": [64]},
        },
    ),
    "gradient_wrong": ("check_gradients", demo_arguments("check_gradients")),
    "gradient_right": (
        "check_gradients",
        {
            "code": "import jax.numpy as jnp\n\ndef fn(x):\n    return jnp.sin(x).sum()\n",
            "inputs": [{"shape": [3]}],
        },
    ),
    "fit": ("fit_curve", demo_arguments("fit_curve")),
    "fit_warned": ("fit_curve", {"model": "a*exp(-k*x)", "x": [1, 1, 1], "y": [2.0, 1.0, 3.0]}),
    "posterior_warned": ("run_mcmc", demo_arguments("run_mcmc")),
    "posterior_refused": ("run_mcmc", {"model": "def model():\n    raise ValueError('no')\n"}),
    "posterior": (
        "run_mcmc",
        {
            "model": TRUE_SLOPES.replace(
                "def model(x, y):",
                "import jax.numpy as jnp\n\ndef model(x, y):\n    x = jnp.asarray(x)",
            ),
            "data": {
                "x": ROWS,
                "y": [
                    2 * a - b + 0.5 * c + ((17 * i) % 11 - 5) / 10
                    for i, (a, b, c) in enumerate(ROWS)
                ],
            },
            "timeout_s": 120,
        },
    ),
    "training": ("train_tiny_model", demo_arguments("train_tiny_model")),
    "training_diverged": (
        "train_tiny_model",
        {
            "model": "mlp",
            "dataset": "iris",
            "optimizer": {"name": "sgd", "learning_rate": 100.0},
            "steps": 100,
            "timeout_s": 120,
        },
    ),
    "snippet": (
        "run_jax_code",
        {
            "code": "import matplotlib.pyplot as plt\n"
            "plt.figure(figsize=(3, 2))\nplt.plot([1, 4, 9])\nprint('drawn')\n[1, 4, 9]"
        },
    ),
    "lint_findings": ("lint_jax_code", {"code": SEVERAL_BUGS, "min_severity": "info"}),
    "lint_clean": ("lint_jax_code", {"code": TRANSPOSED}),
    "error": ("run_jax_code", {"code": "import jax.numpy as jnp\njnp.ones(3) @ jnp.ones(4)\n"}),
    "running": ("run_jax_code", {"code": "sum(range(2_000_000))"}),
}


async def main(names: list[str]) -> None:
    """Make the calls and write the answers."""
    with tempfile.TemporaryDirectory() as state:
        for name in names:
            tool, arguments = CASES[name]
            within_s = "0" if name == "running" else str(LIMIT_S)
            server = StdioServerParameters(
                command=sys.executable,
                args=["-m", "jax_workbench.server", "serve"],
                env={
                    "PATH": os.environ["PATH"],
                    "JAX_WORKBENCH_STATE_DIR": state,
                    "JAX_WORKBENCH_ANSWER_WITHIN_S": within_s,
                },
            )
            with anyio.fail_after(LIMIT_S):
                async with Client(server) as client:
                    got = await client.call_tool(tool, {**arguments})
            write(name, tool, arguments, got)


def write(name: str, tool: str, arguments: Mapping[str, Any], got: types.CallToolResult) -> None:
    """Put one call and its result into its file."""
    got.content = [
        part
        for part in got.content
        if not (isinstance(part, types.TextContent) and got.structured_content)
        if not isinstance(part, types.ImageContent) or len(part.data) <= MAX_PICTURE_LENGTH
    ]
    result = got.model_dump(mode="json", by_alias=True, exclude_none=True)
    result.pop("_meta", None)
    record = {"tool": tool, "arguments": arguments, "result": result}
    (PLACE / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    answer: dict[str, Any] = got.structured_content or {"status": "an error"}
    sys.stdout.write(f"{name}: {answer['status']}\n")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1:] or [*CASES])
