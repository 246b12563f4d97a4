"""Steps per second of train_tiny_model's loop, a plain nnx.jit loop and PyTorch eager, in one run.

    .venv/bin/python -m benchmarks.training_beside_torch --torch PYTHON [--threads N] [--models A,B]

PYTHON is an interpreter with torch and NumPy in an environment of its own (or JAX_WORKBENCH_TORCH):
PyTorch is no dependency. Without it the other two are timed, and the record says why. All three
train the same model from the same weights on the same rows with the same optimiser; that the losses
of the first steps agree is checked. Blocks take turns, after a warm-up. Writes
results/training_beside_torch.json and .md; takes some five minutes on a quiet machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from math import comb
from pathlib import Path
from typing import Any

import jax
import numpy as np

from benchmarks.nnx_jit_loop import nnx_jit_loop
from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.compiled import Program
from jax_workbench.tools.train_tiny_model.loop import Batches
from jax_workbench.tools.train_tiny_model.presets.diffusion import kept_shares
from jax_workbench.tools.train_tiny_model.presets.pinn import N_BOUNDARY, equation_named
from jax_workbench.tools.train_tiny_model.presets.table import problem_of
from jax_workbench.tools.train_tiny_model.session import recipe_of
from jax_workbench.tools.train_tiny_model.untyped import jit, nnx

RESULTS = Path(__file__).parent / "results"
N_BLOCKS = 15
N_TOTAL = 100
"""Blocks that the learning rate's schedule is made for."""
# Not muon, which the preset takes for text: AdamW has the same form in both libraries.
ADAMW = {"name": "adamw", "learning_rate": 3e-3}
MODELS: dict[str, tuple[int, dict[str, Any]]] = {
    "mlp": (200, {"batch_size": 128}),
    "cnn": (50, {"batch_size": 128}),
    "autoencoder": (200, {"batch_size": 128}),
    "diffusion": (100, {"dataset": "moons", "batch_size": 256}),
    "pinn": (100, {"dataset": "heat", "batch_size": 256}),
    "transformer_lm": (10, {"dataset": "text", "batch_size": 32, "optimizer": ADAMW}),
}
"""Steps of a block, and the call."""
DRAWN = frozenset(("cnn", "diffusion"))
"""Models whose steps draw numbers, which differ between the libraries."""
TOLERANCE, DRAWN_TOLERANCE = 0.01, 0.3
"""Of the losses of the first steps, which are the same arithmetic in another order, or in `DRAWN`
the same model on other draws."""

type Took = tuple[float, float]
"""Wall and CPU seconds."""
type Block = Callable[[], Took]


def timed(work: Callable[[], Any]) -> Took:
    """Seconds that `work` took in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    jax.block_until_ready(work())
    return time.perf_counter() - wall, time.process_time() - cpu


class Work:
    """One model: its program, and the rows of each step of a block."""

    def __init__(self, n: int, arguments: dict[str, Any]) -> None:
        """Compiles nothing yet."""
        ask = TrainTinyModelAsk.model_validate({**arguments, "steps": N_TOTAL * n})
        self.n = n
        self.problem = problem_of(ask, {})[0]
        self.program = Program(self.problem, recipe_of(self.problem, ask), 0, chunk_length=n)
        batches = Batches(len(self.problem.split.train), self.program.recipe.batch_size, 0)
        self.index = batches.rows(0, n)
        self.losses: list[float] = []
        """Of the first block."""

    def ours(self) -> Block:
        """The tool's loop, warmed up."""
        numbers, key = np.arange(self.n, dtype=np.int32), jax.random.key(0)
        carry, seen = self.program(self.program.fresh(0), numbers, self.index, key)
        self.losses = np.asarray(seen["loss"], float).tolist()

        def run() -> Any:
            nonlocal carry
            carry, seen = self.program(carry, numbers, self.index, key)
            return seen

        return lambda: timed(run)

    def plain(self) -> Block:
        """A loop over an `nnx.jit` step, warmed up."""
        run = nnx_jit_loop(self.problem, self.program, self.index)
        return lambda: timed(run)

    def task(self, threads: int) -> dict[str, Any]:
        """What PyTorch's process is given."""
        train, recipe, first = self.problem.split.train, self.program.recipe, self.program.first
        state = [*nnx.to_flat_state(first.params), *nnx.to_flat_state(first.rest)]
        named = {".".join(map(str, path)): value.get_value() for path, value in state}
        settings = {
            "model": self.problem.name,
            "weight_decay": recipe.weight_decay * (recipe.name == "adamw"),
            "clip_norm": recipe.clip_norm,
            "ema": recipe.ema,
            "threads": threads,
        }
        rates = np.asarray(jit(jax.vmap(self.program.schedule))(np.arange(N_TOTAL * self.n)))
        return {
            "settings": json.dumps(settings),
            "x": train.x,
            "y": train.y,
            "index": self.index,
            "rates": rates,
            "spread": np.nanvar(train.x - train.x.mean(0)),
            "kept": kept_shares(),
            "edge": equation_named("heat").boundary_points(N_BOUNDARY),
            **{f"w:{name}": np.asarray(value) for name, value in named.items()},
        }


@contextmanager
def torch_process(python: str, task: dict[str, Any]) -> Generator[tuple[dict[str, Any], Any]]:
    """PyTorch's loop, ready: what it said, and the process."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "task.npz"
        np.savez(place, **task)
        command = [python, str(Path(__file__).with_name("torch_loop.py")), str(place)]
        with subprocess.Popen(  # noqa: S603 - the interpreter that the caller named
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            line = process.stdout.readline()
            if not line:
                sys.exit(f"{python} did not start: its words are above.")
            yield json.loads(line), process
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            process.stdin.close()


def torch_block(process: Any, n: int) -> Block:
    """A block of PyTorch's loop."""

    def run() -> Took:
        process.stdin.write(f"{n}\n")
        process.stdin.flush()
        took = json.loads(process.stdout.readline())
        return took["wall_s"], took["cpu_s"]

    return run


def check_same(work: Work, said: dict[str, Any]) -> float:
    """Largest relative difference of the first steps' losses; ends where it is another training."""
    theirs = np.array(said["losses"])
    mine = np.array(work.losses[: len(theirs)])
    n_own = sum(leaf.size for leaf in jax.tree.leaves(work.program.first.params))
    off = float(np.max(np.abs(theirs[: len(mine)] / mine - 1)))
    limit = DRAWN_TOLERANCE if work.problem.name in DRAWN else TOLERANCE
    if off > limit or n_own != said["n_parameters"]:
        sys.exit(f"{work.problem.name}: not the same work: {n_own} weights, losses {mine}; {said}")
    return off


def median_of(values: list[float]) -> dict[str, float]:
    """Median, and the narrowest interval of order statistics that holds it with 95 %."""
    ordered, n = sorted(values), len(values)
    low = max(k for k in range(n // 2) if sum(comb(n, i) for i in range(k + 1)) / 2**n <= 0.025)  # noqa: PLR2004
    return {
        "median": float(np.median(ordered)),
        "ci_low": ordered[low],
        "ci_high": ordered[n - 1 - low],
    }


def compared(name: str, python: str, threads: int) -> dict[str, Any]:
    """One model's row."""
    n, arguments = MODELS[name]
    work = Work(n, {"model": name, **arguments})
    blocks = {"ours": work.ours(), "plain": work.plain()}
    row: dict[str, Any] = {"model": name, "steps_a_block": n, "batch": len(work.index[0])}
    if not python:
        return {**row, **turns(blocks, n)}
    with torch_process(python, work.task(threads)) as (said, process):
        row["loss_difference"] = check_same(work, said)
        row["torch"] = said["torch"]
        blocks["torch"] = torch_block(process, n)
        return {**row, **turns(blocks, n)}


def turns(blocks: dict[str, Block], n: int) -> dict[str, Any]:
    """Steps per second of each, and how often as fast ours is, block by block."""
    took: dict[str, list[Took]] = {name: [] for name in blocks}
    for block in blocks.values():
        block()
    for at in range(N_BLOCKS):
        order = list(blocks) if at % 2 else list(blocks)[::-1]
        for name in order:
            took[name].append(blocks[name]())
    row: dict[str, Any] = {}
    for place, clock in enumerate(("wall", "cpu")):
        own = [one[place] for one in took["ours"]]
        for name, every in took.items():
            times = [one[place] for one in every]
            row[f"{name}_steps_per_{clock}_s"] = median_of([n / t for t in times])
            if name != "ours":
                row[f"{name}_over_ours_{clock}"] = median_of(
                    [t / o for t, o in zip(times, own, strict=True)]
                )
    return row


def table(record: dict[str, Any]) -> str:
    """The record as a page."""
    how = (
        f"Steps per second of wall time on {record['threads']} thread(s), medians of {N_BLOCKS} "
        "blocks that took turns; the ratios are of wall times, block by block, with the 95 % "
        "interval of their median. Above 1 the tool is faster."
    )
    lines = [
        "# train_tiny_model's loop, a plain nnx.jit loop and PyTorch eager",
        "",
        how,
        "",
        "| model | tool | nnx.jit | PyTorch | against nnx.jit | against PyTorch |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in record["rows"]:
        speeds = [row.get(f"{k}_steps_per_wall_s") for k in ("ours", "plain", "torch")]
        ratios = [row.get(f"{k}_over_ours_wall") for k in ("plain", "torch")]
        cells = [f"{s['median']:.0f}" if s else "" for s in speeds] + [
            f"{r['median']:.2f} ({r['ci_low']:.2f} to {r['ci_high']:.2f})" if r else ""
            for r in ratios
        ]
        lines.append(f"| {row['model']} | {' | '.join(cells)} |")
    lost = [
        row["model"]
        for row in record["rows"]
        if (row.get("torch_over_ours_wall") or {"ci_low": 2})["ci_low"] < 1
    ]
    said = f"Not faster than PyTorch: {', '.join(lost)}." if lost else ""
    made = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    return "\n".join([*lines, "", *filter(None, [said, record["skipped"]]), f"Made with {made}."])


def main() -> None:
    """Time them, and write the record."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--torch", default=os.environ.get("JAX_WORKBENCH_TORCH", ""))
    words.add_argument("--threads", type=int, default=1)
    words.add_argument("--models", default=",".join(MODELS))
    asked = words.parse_args()
    # Both before JAX's backend starts.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.threads])
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(asked.threads > 1).lower()}"
    rows = [compared(name, asked.torch, asked.threads) for name in asked.models.split(",")]
    versions = {"python": platform.python_version()} | {
        name: version(name) for name in ("jax", "flax", "optax")
    }
    if "torch" in rows[0]:
        versions["torch"] = rows[0]["torch"]
    skipped = "" if asked.torch else "PyTorch was not timed: no interpreter with it was named."
    record = {"versions": versions, "threads": asked.threads, "skipped": skipped, "rows": rows}
    text = json.dumps(record, indent=1)
    (RESULTS / "training_beside_torch.json").write_text(f"{text}\n", encoding="utf-8")
    page = table(record)
    (RESULTS / "training_beside_torch.md").write_text(f"{page}\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
