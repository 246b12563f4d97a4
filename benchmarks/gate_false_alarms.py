"""How often `jax-workbench gate` fails code that is as fast as before, and how often it sees 30 %.

    python benchmarks/gate_false_alarms.py [--runs 6] [--slow-runs 2]

A git repository with ten functions. Then the functions are written anew so that their programs
differ and their cost does not, and the gate is run; then with a loop's worth of extra work. The
same text again would prove nothing: the gate tells identical programs by their text.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from jax_workbench.server.envelope import versions

RESULT = Path(__file__).parent / "results" / "gate_false_alarms.json"
OLD = """\
import jax.numpy as jnp

def f{i}(a, b):
    c = a @ b + {i}.0
    return jnp.tanh(c) + jnp.exp(-c * c)
"""
SAME_COST = """\
import jax.numpy as jnp

def f{i}(a, b):
    c = {i}.0 + a @ b
    return jnp.exp(-c * c) + jnp.tanh(c)
"""
MORE_WORK = """\
import jax.numpy as jnp

def f{i}(a, b):
    c = a @ b + {i}.0
    d = a.T @ b
    return jnp.tanh(c) + jnp.exp(-c * c) + 1e-9 * d
"""
TABLE = """\
[[benchmark]]
name = "f{i}"
file = "f{i}.py"
fn = "f{i}"
inputs = [{{ shape = [{n}, {n}] }}, {{ shape = [{n}, {n}] }}]
time_budget_s = {budget_s}
{more}
"""
N_FUNCTIONS = 10
LINE = re.compile(r"^(ok|slower|undecided|uncompared|broken) ", re.MULTILINE)
LIMIT_S = 900


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--slow-runs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        project = Path(folder)
        _write(project, OLD, "")
        for step in (["init", "-q"], ["add", "."], [*AUTHOR, "commit", "-qm", "old"]):
            subprocess.run(["git", *step], cwd=project, check=True)  # noqa: S603, S607
        _write(project, SAME_COST, "")
        as_fast = _gated(project, options.runs)
        _write(project, MORE_WORK, "check_outputs = false")
        slowed = _gated(project, options.slow_runs)
    record = {
        "as_fast_as_before": as_fast,
        "with_a_second_product": slowed,
        "load_average_at_the_end": round(os.getloadavg()[0], 1),
        "n_cores": len(os.sched_getaffinity(0)),
        "versions": versions(),
    }
    RESULT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))


AUTHOR = ["-c", "user.name=gate", "-c", "user.email=gate@localhost"]


def _write(project: Path, code: str, more: str) -> None:
    tables = [TABLE.format(i=i, n=160 + 8 * i, budget_s=2, more=more) for i in range(N_FUNCTIONS)]
    (project / "benchmarks.toml").write_text("".join(tables), encoding="utf-8")
    for i in range(N_FUNCTIONS):
        (project / f"f{i}.py").write_text(code.format(i=i), encoding="utf-8")


def _gated(project: Path, n_runs: int) -> dict[str, Any]:
    """Exit codes and outcomes of so many runs."""
    exits, outcomes = Counter[str](), Counter[str]()
    gate = [sys.executable, "-m", "jax_workbench.server", "gate", "benchmarks.toml"]
    for _ in range(n_runs):
        ended = subprocess.run(  # noqa: S603
            [*gate, "--against", "HEAD"],
            cwd=project,
            check=False,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        exits[str(ended.returncode)] += 1
        outcomes.update(LINE.findall(ended.stdout))
    return {"runs": n_runs, "exit_codes": dict(exits), "comparisons": dict(outcomes)}


if __name__ == "__main__":
    main()
