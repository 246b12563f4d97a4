"""What train_tiny_model reaches on known tasks, each from fresh seeds and splits.

    .venv/bin/python tests/records/train_tiny_model_runs.py [TASK ...]

trains the tasks named (all without a name), keeps the rows of the others, and writes
train_tiny_model_runs.json and .md beside this file. Splits and seeds were chosen beforehand: 101
and up. CPU seconds are the whole call's, compiling, scoring and drawing included, of all threads.
"""

import json
import math
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import stdev
from typing import Any

from scipy import stats
from train_tiny_model_text import baselines_of

from jax_workbench.tools.train_tiny_model import TrainTinyModelAsk
from jax_workbench.tools.train_tiny_model.work import run

HERE = Path(__file__).parent
NAME = "train_tiny_model_runs"
LIBRARIES = ("jax", "flax", "optax", "orbax-checkpoint", "numpyro", "numpy")
FIRST = 101
QUARTER_TEST = {"val_fraction": 0.0625}
"""A fifth is the test and 1/16 of the rest validates: three quarters of the rows are trained on."""
AT_MOST_ONE = frozenset(("accuracy", "exact_match", "r2"))
"""Metrics that are better the larger they are."""
TASKS: dict[str, tuple[int, dict[str, Any], str]] = {
    "digits, cnn": (4, {"model": "cnn", **QUARTER_TEST}, ">= 0.989"),
    "digits, mlp": (4, {"model": "mlp", **QUARTER_TEST}, ">= 0.972"),
    "addition": (3, {"model": "transformer_lm", "dataset": "addition"}, ">= 0.99"),
    "text": (3, {"model": "transformer_lm", "dataset": "text"}, "below n-grams and compressors"),
    "poisson": (3, {"model": "pinn", "dataset": "poisson"}, "<= 2e-3"),
    "heat": (3, {"model": "pinn", "dataset": "heat"}, "<= 1.5e-2"),
    "moons, diffusion": (3, {"model": "diffusion", "dataset": "moons"}, "at the floor"),
    "sine, bnn": (3, {"model": "bnn", "dataset": "sine"}, "coverage of 0.9"),
    "poisson_2d": (3, {"model": "pinn", "dataset": "poisson_2d"}, ""),
    "iris": (3, {"dataset": "iris"}, ""),
    "wine": (3, {"dataset": "wine"}, ""),
    "breast_cancer": (3, {"dataset": "breast_cancer"}, ""),
    "moons": (3, {"dataset": "moons"}, ""),
    "spirals": (3, {"dataset": "spirals"}, ""),
    "swiss_roll": (3, {"dataset": "swiss_roll"}, ""),
    "digits, autoencoder": (3, {"model": "autoencoder"}, ""),
    "sorting": (3, {"model": "transformer_lm", "dataset": "sorting", "steps": 800}, ""),
}


class RecordJob:
    """Keeps nothing but the blobs it was given."""

    def __init__(self) -> None:
        """Without files."""
        self.blobs: dict[str, bytes] = {}

    def progress(self, message: str) -> None:
        """Show that it goes on."""
        sys.stderr.write(f"{message}\n")

    def draft(self, name: str, content: bytes, mime_type: str) -> None:
        """Keep nothing."""

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Let go of the bytes."""


def row_of(task: str, arguments: dict[str, Any], seed: int) -> dict[str, Any]:
    """One run."""
    ask = TrainTinyModelAsk.model_validate(
        {
            **arguments,
            "seed": seed,
            "split_seed": seed,
            "timeout_s": 600,
            "time_budget_s": 600,
        }
    )
    began = time.process_time()
    answer = json.loads(run(ask, RecordJob()).model_dump_json())
    cpu_s = time.process_time() - began
    result = answer["result"]
    row = {
        "task": task,
        "seed": seed,
        "status": answer["status"],
        **{key: result["metric"][key] for key in ("name", "test", "ci_low", "ci_high", "baseline")},
        "steps": result["steps"],
        "parameters": result["parameters"]["trainable"],
        "findings": [finding["code"] for finding in result["findings"]],
        "cpu_s": round(cpu_s, 1),
        "details": result["details"],
    }
    if task.startswith("text"):
        row["baselines"] = baselines_of(ask)
    return row


def summary_of(task: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean over the runs of a task, with its 95 % interval by Student's t, cut where no mean is."""
    name, values = rows[0]["name"], [row["test"] for row in rows]
    best = 1.0 if name in AT_MOST_ONE else math.inf
    mean = sum(values) / len(values)
    half = math.nan
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return {
        "task": task,
        "metric": name,
        "runs": len(rows),
        "mean": mean,
        "ci_low": mean - half,
        "ci_high": min(mean + half, best),
        "worst": min(values) if name in AT_MOST_ONE else max(values),
        "cpu_s": sum(row["cpu_s"] for row in rows) / len(rows),
        "statuses": sorted({row["status"] for row in rows}),
        "findings": sorted({code for row in rows for code in row["findings"]}),
    }


def markdown_of(rows: list[dict[str, Any]], versions: dict[str, str]) -> str:
    """A table for readers."""
    head = (
        "| task | metric | runs | mean | 95 % interval | worst | aim | CPU-s | status | findings |"
    )
    lines = ["# train_tiny_model on known tasks", "", head, "| --- " * 10 + "|"]
    for task, (_, _, aim) in TASKS.items():
        own = [row for row in rows if row["task"] == task]
        if not own:
            continue
        s = summary_of(task, own)
        lines.append(
            f"| {task} | {s['metric']} | {s['runs']} | {s['mean']:.5g} | {s['ci_low']:.5g} to "
            f"{s['ci_high']:.5g} | {s['worst']:.5g} | {aim} | {s['cpu_s']:.1f} | "
            f"{', '.join(s['statuses'])} | {', '.join(s['findings']) or 'none'} |"
        )
    n_said = sum(bool(row["findings"]) for row in rows)
    lines += ["", f"{len(rows)} runs, in all of which nothing is wrong; findings in {n_said}.", ""]
    lines += remarks_of(rows)
    said = ", ".join(f"{name} {number}" for name, number in versions.items())
    return "\n".join([*lines, f"Made with {said}.", ""])


def remarks_of(rows: list[dict[str, Any]]) -> list[str]:
    """What stands beside single tasks."""
    lines: list[str] = []
    for row in rows:
        details = row["details"]
        if row["task"].startswith("text"):
            base = ", ".join(f"{k} {v:.3f}" for k, v in row["baselines"].items())
            lines.append(f"- {row['task']}, seed {row['seed']}: {row['test']:.3f} bits; {base}")
        if row["task"] == "moons, diffusion":
            floor, scatter = details["real_against_real"]
            lines.append(
                f"- diffusion, seed {row['seed']}: {row['test']:.5f}, real against real "
                f"{floor:.5f} (sd {scatter:.5f}), a Gaussian {row['baseline']:.5f}"
            )
        if row["task"] == "sine, bnn":
            low, high = details["coverage_ci"]
            lines.append(
                f"- bnn, seed {row['seed']}: {details['coverage_90']:.2f} of the test targets in "
                f"the 90 % interval (95 % {low:.2f} to {high:.2f}), {details['divergences']} "
                f"divergences, noise sd {details['noise_sd']:.3f} (true 0.2)"
            )
    return [*lines, ""] if lines else []


def main(names: list[str]) -> None:
    """Train, and write what came of it."""
    target = HERE / f"{NAME}.json"
    versions = {"python": platform.python_version()} | {n: version(n) for n in LIBRARIES}
    for task in names or TASKS:
        n, arguments, _ = TASKS[task]
        for seed in range(FIRST, FIRST + n):
            new = row_of(task, arguments, seed)
            # Read anew, since another task may have been recorded meanwhile.
            known: list[dict[str, Any]] = []
            if target.exists():
                known = json.loads(target.read_text(encoding="utf-8"))["rows"]
            rows = [row for row in known if (row["task"], row["seed"]) != (task, seed)] + [new]
            record = {"versions": versions, "rows": rows}
            target.write_text(
                json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8"
            )
            (HERE / f"{NAME}.md").write_text(markdown_of(rows, versions), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
