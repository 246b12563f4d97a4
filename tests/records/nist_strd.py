"""The record on NIST's 27 problems: ours from both starts and from none, and other tools.

Run: `python tests/records/nist_strd.py [--seeds N] [--lmfit-python PATH]`. About ten minutes of
CPU. Writes nist_strd.json and nist_strd.md; lmfit is measured where an interpreter that has it is
named.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jax_workbench.tools.fit_curve import FitCurveAsk, Parameter
from jax_workbench.tools.fit_curve.fit_model import fit_model
from jax_workbench.tools.fit_curve.observations import read_observations

sys.path.insert(0, str(Path(__file__).parent))
from nist_other_tools import TOOLS
from nist_problems import EXEMPT_SD, Problem, digits, problems
from record_file import table, write_record

OURS = "fit_curve"
WAYS = ("start 1", "start 2", "no start")


def our_digits(problem: Problem, start: Mapping[str, float] | None, seed: int) -> list[float]:
    """Digits of parameters and standard deviations of one fit by this tool."""
    params = {name: Parameter(start=value) for name, value in (start or {}).items()}
    ask = FitCurveAsk(
        model=problem.model,
        data=problem.csv(),
        x=problem.predictors,
        y=["y"],
        params=params,
        seed=seed,
        timeout_s=600,
    )
    with jax.enable_x64(True):
        fit = fit_model(ask, ask.model, read_observations(ask, {}), lambda _: None)
    values = dict(zip(fit.curve.names, fit.theta.tolist(), strict=True))
    sd = dict(zip(fit.curve.names, fit.spread.se.tolist(), strict=True))
    return [round(part, 2) for part in digits(problem, values, sd)]


def our_scores(seeds: int) -> dict[str, Any]:
    """As `nist_other_tools.scores`; without a start the worst of the seeds."""
    found: dict[str, Any] = {}
    began = time.process_time()
    for problem in problems():
        runs = [our_digits(problem, start, 0) for start in problem.starts]
        searched = [our_digits(problem, None, seed) for seed in range(seeds)]
        runs.append(np.min(searched, axis=0).tolist())
        found[problem.name] = runs
        print(problem.name, runs, flush=True)  # noqa: T201 - progress of a long command
    return {"digits": found, "cpu_s": round(time.process_time() - began, 1)}


def other_scores(tool: str, python: str) -> dict[str, Any]:
    """Another tool, in a process of its own."""
    script = str(Path(__file__).parent / "nist_other_tools.py")
    done = subprocess.run([python, script, tool], capture_output=True, check=True)  # noqa: S603
    return json.loads(done.stdout.decode().strip().splitlines()[-1])


def counts(scores: Mapping[str, Any]) -> list[object]:
    """One row of the table: problems right to 4, 8 and 10 digits in each way."""
    cells: list[object] = []
    for way in range(3):
        right = [runs[way][0] for runs in scores["digits"].values()]
        cells.append(" / ".join(str(sum(r >= least for r in right)) for least in (4, 8, 10)))
    sd = [runs[0][1] for name, runs in scores["digits"].items() if name != EXEMPT_SD]
    cells.append(" / ".join(str(sum(s >= least for s in sd)) for least in (4, 8)))
    return [*cells, scores["cpu_s"]]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="searches without a start")
    parser.add_argument("--lmfit-python", default="", help="an interpreter with lmfit")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for tool in TOOLS:
        python = options.lmfit_python if tool == "lmfit" else sys.executable
        if python:
            results[tool] = other_scores(tool, python)
            print(tool, counts(results[tool]), flush=True)  # noqa: T201
    results[OURS] = our_scores(options.seeds)
    head = [
        "tool",
        *(f"{way}: >= 4 / 8 / 10 digits" for way in WAYS),
        "sd from start 1, of 26: >= 4 / 8",
        "CPU s",
    ]
    ours = results[OURS]["digits"]
    worst = table(
        ["problem", *WAYS, "sd (worst)"],
        [
            [name, *(run[0] for run in runs), min(run[1] for run in runs)]
            for name, runs in ours.items()
        ],
    )
    lines = [
        "Correct digits of the worst parameter, out of 27 problems; other tools with their",
        f"defaults. `no start` of {OURS}: the worst of {options.seeds} seeds.",
        "",
        *table(head, [[tool, *counts(scores)] for tool, scores in results.items()]),
        "",
        f"Digits of {OURS} by problem ({EXEMPT_SD}'s sd lies below the rounding of its data):",
        "",
        *worst,
    ]
    write_record("nist_strd", "NIST StRD, nonlinear regression", {"tools": results}, lines)


if __name__ == "__main__":
    main()
