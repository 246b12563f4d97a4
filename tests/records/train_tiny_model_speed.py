"""Steps per CPU second of the tool's loop against a plain `nnx.jit` loop, on the same work.

    export XLA_FLAGS=--xla_cpu_multi_thread_eigen=false
    .venv/bin/python -m tests.records.train_tiny_model_speed

writes train_tiny_model_speed.json and .md beside this file. Both loops train the same preset on the
same batches and measure nothing else but, in the tool's, the norms that its diagnosis needs. Blocks
take turns in one process; CPU time, so that other work on the machine matters less.
benchmarks/training_beside_torch.py times PyTorch on the same work.
"""

import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.nnx_jit_loop import nnx_jit_loop
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.loop import Batches
from jax_workbench.tools.train_tiny_model.presets.table import problem_of
from jax_workbench.tools.train_tiny_model.session import recipe_of

HERE = Path(__file__).parent
NAME = "train_tiny_model_speed"
N_BLOCKS = 5
MODELS: dict[str, tuple[int, dict[str, Any]]] = {
    "mlp on digits": (100, {"model": "mlp", "batch_size": 128}),
    "cnn on digits": (50, {"model": "cnn", "batch_size": 128}),
    "autoencoder on digits": (100, {"model": "autoencoder", "batch_size": 128}),
    "diffusion on moons": (100, {"model": "diffusion", "dataset": "moons", "batch_size": 256}),
    "pinn, heat": (50, {"model": "pinn", "dataset": "heat", "batch_size": 256}),
    "transformer on text": (10, {"model": "transformer_lm", "dataset": "text", "batch_size": 32}),
}
"""Steps of a block, and the call."""


def both_loops(arguments: dict[str, Any], n: int) -> tuple[list[float], list[float], Any]:
    """CPU seconds of each block of `n` steps: the tool's, the plain one's; and the program."""
    ask = TrainTinyModelAsk.model_validate({**arguments, "steps": 100 * n})
    problem, _ = problem_of(ask, {})
    program = Program(problem, recipe_of(problem, ask), 0, chunk_length=n)
    batches = Batches(len(problem.split.train), program.recipe.batch_size, 0)
    index, numbers = batches.rows(0, n), np.arange(n, dtype=np.int32)
    key = jax.random.key(0)
    carry, _ = program(program.fresh(0), numbers, index, key)
    plain_block = nnx_jit_loop(problem, program, index)
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(N_BLOCKS):
        began = time.process_time()
        carry, seen = program(carry, numbers, index, key)
        jax.block_until_ready(seen)
        ours.append(time.process_time() - began)
        began = time.process_time()
        jax.block_until_ready(plain_block())
        plain.append(time.process_time() - began)
    return ours, plain, program


def main() -> None:
    """Time both, and write the ratios."""
    rows: list[dict[str, Any]] = []
    for name, (n, arguments) in MODELS.items():
        ours, plain, program = both_loops(arguments, n)
        ratios = sorted(b / a for a, b in zip(ours, plain, strict=True))
        rows.append(
            {
                "model": name,
                "ours_steps_per_cpu_s": n / min(ours),
                "plain_steps_per_cpu_s": n / min(plain),
                "ratio": ratios[len(ratios) // 2],
                "lowest": ratios[0],
                "highest": ratios[-1],
                "compile_s": program.compile_s,
                "flops_per_step": program.flops_per_step,
            }
        )
    versions = {"python": platform.python_version()} | {
        name: version(name) for name in ("jax", "flax", "optax")
    }
    record = {"versions": versions, "rows": rows}
    (HERE / f"{NAME}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    said = (
        f"Steps per CPU second, best of {N_BLOCKS} blocks that took turns; the ratio is their "
        "median, with its range."
    )
    lines = [
        "# The loop of train_tiny_model against a plain nnx.jit loop",
        "",
        said,
        "",
        "| model | tool | nnx.jit | ratio | range |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {r['model']} | {r['ours_steps_per_cpu_s']:.0f} | {r['plain_steps_per_cpu_s']:.0f} "
            f"| {r['ratio']:.2f} | {r['lowest']:.2f} to {r['highest']:.2f} |"
            for r in rows
        ),
        "",
        "Made with " + ", ".join(f"{name} {number}" for name, number in versions.items()) + ".",
        "",
    ]
    (HERE / f"{NAME}.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
