"""What it saves on a CPU to give dense layers a matrix of rows instead of (batch, length, width).

    .venv/bin/python -m benchmarks.rows_as_a_matrix

Gradients by the weights of two layers, up and down again, with an activation between them, of the
same numbers in both forms. Blocks take turns, after a warm-up; the ratio of a case is the median of
its blocks' ratios of CPU time, beside their smallest and largest. One thread. Writes
results/rows_as_a_matrix.json; takes a minute.
"""

import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

RESULT = Path(__file__).parent / "results" / "rows_as_a_matrix.json"
SIZES = (
    (4, 8, 16, 16),
    (32, 16, 32, 64),
    (32, 128, 64, 256),
    (8, 512, 128, 128),
    (128, 10, 64, 64),
    (2, 64, 512, 2048),
    (64, 49, 3, 32),
    (16, 32, 256, 10),
)
"""Batch, length, width, and the width between the layers."""
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "none": lambda x: x,
    "relu": jax.nn.relu,
    "gelu": jax.nn.gelu,
    "tanh": jnp.tanh,
}
grad = cast("Any", jax.grad)
N_BLOCKS = 15
BLOCK_S = 0.03


def main() -> None:
    """Measure, print and write the record."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    rows = [case(size, name) for size in SIZES for name in ACTIVATIONS]
    versions = {"python": platform.python_version(), "jax": version("jax")}
    record = {"versions": versions, "n_blocks": N_BLOCKS, "cases": rows}
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def case(size: tuple[int, ...], activation: str) -> dict[str, Any]:
    """Time both forms of one size."""
    batch, length, width, between = size
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, length, width), np.float32)
    up = rng.standard_normal((width, between), np.float32) / width**0.5
    down = rng.standard_normal((between, width), np.float32) / between**0.5
    act = ACTIVATIONS[activation]

    def as_given(up: Any, down: Any, x: Any) -> Any:
        return jnp.sum(jnp.square(act(x @ up) @ down))

    def as_rows(up: Any, down: Any, x: Any) -> Any:
        return as_given(up, down, x.reshape(-1, width))

    forms: list[Any] = [jax.jit(grad(form, (0, 1))) for form in (as_given, as_rows)]
    given, rows = (form(up, down, x) for form in forms)
    for one, other in zip(given, rows, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3 * float(jnp.abs(one).max()))
    n = max(1, int(BLOCK_S / block(forms[0], (up, down, x), 3)))
    pairs = [[block(form, (up, down, x), n) for form in forms] for _ in range(N_BLOCKS)]
    ratios = sorted(rows_s / given_s for given_s, rows_s in pairs)
    return {
        "batch_length_width_between": size,
        "activation": activation,
        "given_us": round(1e6 * median(given_s for given_s, _ in pairs), 1),
        "rows_us": round(1e6 * median(rows_s for _, rows_s in pairs), 1),
        "time_ratio": round(median(ratios), 3),
        "smallest": round(ratios[0], 3),
        "largest": round(ratios[-1], 3),
    }


def block(form: Callable[..., Any], arguments: tuple[Any, ...], n: int) -> float:
    """CPU seconds of a call, over `n` calls."""
    began = time.process_time()
    for _ in range(n):
        jax.block_until_ready(form(*arguments))
    return (time.process_time() - began) / n


if __name__ == "__main__":
    main()
