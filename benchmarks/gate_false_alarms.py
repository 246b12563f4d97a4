"""How often `jax-workbench gate` fails code that is as fast as before, and sees code that is not.

    python benchmarks/gate_false_alarms.py [--runs 20] [--slower-runs 5] [--minutes 60]

A git repository with five functions of ten matrix products each. They are written anew so that
their programs differ and their cost does not, and the gate is run; then with 12 and with 15
products. The same text again would prove nothing: the gate tells identical programs by their text.
Each run is added to the record at once; a call goes on where the last one stopped.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scipy.stats import beta

from jax_workbench.server.envelope import versions

RESULT = Path(__file__).parent / "results" / "gate_false_alarms.json"
CODE = """\
import jax.numpy as jnp

def f{i}(a, b):
    for _ in range({n_products}):
        a = jnp.tanh({step})
    return a
"""
OLD, ANEW = "a @ b + 0.{i}", "0.{i} + a @ b"
CASES = {"as_fast_as_before": 10, "1.2_times_the_work": 12, "1.5_times_the_work": 15}
"""Products of each function beside ten of the old one."""
TABLE = """\
[[benchmark]]
name = "f{i}"
file = "f{i}.py"
fn = "f{i}"
inputs = [{{ shape = [{n}, {n}] }}, {{ shape = [{n}, {n}] }}]
time_budget_s = {budget_s}
check_outputs = {check}
"""
N_FUNCTIONS = 5
BUDGET_S = 8
LINE = re.compile(r"^(ok|slower|undecided|uncompared|broken) ", re.MULTILINE)
RATIO = re.compile(r" ([\d.]+) \[")
LIMIT_S = 900
AUTHOR = ["-c", "user.name=gate", "-c", "user.email=gate@localhost"]


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--slower-runs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    ends = time.monotonic() + 60 * options.minutes
    runs: list[dict[str, Any]] = []
    if RESULT.is_file():
        runs = json.loads(RESULT.read_text(encoding="utf-8"))["runs"]
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        project = Path(folder)
        _write(project, OLD, CASES["as_fast_as_before"])
        for step in (["init", "-q"], ["add", "."], [*AUTHOR, "commit", "-qm", "old"]):
            subprocess.run(["git", *step], cwd=project, check=True)  # noqa: S603, S607
        for case in _left(runs, options.runs, options.slower_runs):
            if time.monotonic() > ends:
                break
            _write(project, ANEW, CASES[case])
            runs.append({"case": case, **_gated(project)})
            _keep(runs)
    print(RESULT.read_text(encoding="utf-8"))


def _left(runs: list[dict[str, Any]], n_same: int, n_slower: int) -> Iterator[str]:
    """The cases of the runs that are missing, in turn, so that a cut record has some of each."""
    done = Counter(run["case"] for run in runs)
    for turn in range(max(n_same, n_slower)):
        for case in CASES:
            wanted = n_same if case == "as_fast_as_before" else n_slower
            if done[case] <= turn < wanted:
                yield case


def _write(project: Path, step: str, n_products: int) -> None:
    check = "true" if n_products == CASES["as_fast_as_before"] else "false"
    for i in range(N_FUNCTIONS):
        code = CODE.format(i=i, n_products=n_products, step=step.format(i=i))
        (project / f"f{i}.py").write_text(code, encoding="utf-8")
    tables = [
        TABLE.format(i=i, n=96 + 16 * i, check=check, budget_s=BUDGET_S) for i in range(N_FUNCTIONS)
    ]
    (project / "benchmarks.toml").write_text("".join(tables), encoding="utf-8")


def _gated(project: Path) -> dict[str, Any]:
    """Exit code, outcomes and circumstances of one run."""
    gate = [sys.executable, "-m", "jax_workbench.server", "gate", "benchmarks.toml"]
    began = time.monotonic()
    ended = subprocess.run(  # noqa: S603
        [*gate, "--against", "HEAD"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    return {
        "exit_code": ended.returncode,
        "outcomes": dict(Counter(LINE.findall(ended.stdout))),
        "ratios": [float(ratio) for ratio in RATIO.findall(ended.stdout)],
        "took_s": round(time.monotonic() - began, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _keep(runs: list[dict[str, Any]]) -> None:
    record = {
        "summary": {case: _summary([r for r in runs if r["case"] == case]) for case in CASES},
        "functions_a_run": N_FUNCTIONS,
        "time_budget_s": BUDGET_S,
        "n_cores": len(os.sched_getaffinity(0)),
        "versions": versions(),
        "runs": runs,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Rates of exit code 1 and of functions called slower, with exact 95 % intervals."""
    outcomes = Counter[str]()
    for run in runs:
        outcomes.update(run["outcomes"])
    loads = [run["load_average"] for run in runs]
    return {
        "gate_failed": _rate(sum(run["exit_code"] == 1 for run in runs), len(runs)),
        "exit_codes": dict(Counter(str(run["exit_code"]) for run in runs)),
        "called_slower": _rate(outcomes["slower"], outcomes.total()),
        "outcomes": dict(outcomes),
        "load_average": [min(loads, default=None), max(loads, default=None)],
    }


def _rate(n: int, of: int) -> dict[str, Any]:
    """By Clopper and Pearson (1934): each end is a quantile of a beta distribution."""
    low = float(beta.ppf(0.025, n, of - n + 1)) if n else 0.0
    high = float(beta.ppf(0.975, n + 1, of - n)) if n < of else 1.0
    return {"n": n, "of": of, "ci_low": round(low, 4), "ci_high": round(high, 4)}


if __name__ == "__main__":
    main()
