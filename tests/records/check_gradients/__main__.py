"""Runs the record: `python -m tests.records.check_gradients [--processes 2] [--seeds 0 1]`.

Writes `record.json` and `record.md` beside this file.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.records.check_gradients.every_case import CASES
from tests.records.check_gradients.measure import measure_number
from tests.records.check_gradients.table import table

HERE = Path(__file__).parent
CHECKS_EACH = 30
"""Checks of one process, about: it keeps every compiled program until it ends."""
PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "flax", "optax")


def main() -> None:
    """Run every case in both precisions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", default="", help="part of the name of the cases to run")
    parser.add_argument("--rows", type=Path, help="file of rows: read, carried on, added to")
    parser.add_argument("--as-is", action="store_true", help="run no more; write up the rows")
    options = parser.parse_args()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    rows = earlier(options.rows)
    done = {(row["name"], row["x64"], row["seed"]) for row in rows}
    tasks = [
        (number, x64, seed)
        for seed in options.seeds
        for x64 in (False, True)
        for number, case in enumerate(CASES)
        if options.only in case.name and (case.name, x64, seed) not in done
    ]
    for row in measured([] if options.as_is else tasks, options.processes):
        rows.append(row)
        if options.rows:
            with options.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    about = {
        "versions": versions,
        "seeds": options.seeds,
        "machine": platform.machine(),
        "n_planned": 2 * len(CASES) * len(options.seeds),
    }
    text = table(rows, about)
    print(text)  # noqa: T201
    if not options.only:
        record = {"about": about, "rows": rows}
        (HERE / "record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (HERE / "record.md").write_text(text, encoding="utf-8")


def earlier(path: Path | None) -> list[dict[str, Any]]:
    """Rows of a run that was broken off."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measured(tasks: list[tuple[int, bool, int]], n_processes: int) -> Iterator[dict[str, Any]]:
    """Rows, in the order of the tasks; processes are renewed from time to time."""
    spawned = multiprocessing.get_context("spawn")
    for batch in itertools.batched(tasks, CHECKS_EACH * n_processes):
        with ProcessPoolExecutor(n_processes, mp_context=spawned) as pool:
            for row in pool.map(measure_number, batch):
                yield row.as_json()


if __name__ == "__main__":
    main()
