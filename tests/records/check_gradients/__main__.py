"""Runs the record: `python -m tests.records.check_gradients [--processes 2] [--seeds 0 1]`.

Writes `record.json` and `record.md` beside this file.
"""

import argparse
import json
import multiprocessing
import os
import platform
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from tests.records.check_gradients.every_case import CASES
from tests.records.check_gradients.measure import measure_number
from tests.records.check_gradients.table import table

HERE = Path(__file__).parent
CHECKS_EACH = 30
"""Checks of one process, which keeps every compiled program until it ends."""
PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "flax", "optax")


def main() -> None:
    """Run every case in both precisions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", default="", help="part of the name of the cases to run")
    options = parser.parse_args()
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    tasks = [
        (number, x64, seed)
        for seed in options.seeds
        for x64 in (False, True)
        for number, case in enumerate(CASES)
        if options.only in case.name
    ]
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        options.processes, mp_context=spawned, max_tasks_per_child=CHECKS_EACH
    ) as pool:
        rows = [row.as_json() for row in pool.map(measure_number, tasks)]
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    about = {"versions": versions, "seeds": options.seeds, "machine": platform.machine()}
    text = table(rows, about)
    print(text)  # noqa: T201
    if not options.only:
        record = {"about": about, "rows": rows}
        (HERE / "record.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (HERE / "record.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
