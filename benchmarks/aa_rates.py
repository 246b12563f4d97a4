"""How often benchmark_fn calls identical code different, and finds a true difference.

    python benchmarks/aa_rates.py [--seconds 80] [--processes 2] [--load 0] [--keep FOLDER]

For each of six kernels (on three of them the rule's constants were chosen, three it never saw) and
each of some fresh processes, the timer's own loop runs A, the same program compiled a second time,
and A with 5 % more turns, interleaved, pinned to one core; `--load` processes keep the cores busy
meanwhile. Windows that last as long as comparisons of 2, 5 and 10 s are cut from these series and
judged by the tool's own rule (looks, both clocks, contention). The record says for how much of the
time something on the host waited for a CPU: by that it was quiet, or not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aa_series import HELD_OUT_KERNELS, KERNELS
from aa_windows import bias, rates

from jax_workbench.server.envelope import versions
from jax_workbench.tools.benchmark_fn.pressure import Pressure

RESULTS = Path(__file__).parent / "results"
SERIES = Path(__file__).with_name("aa_series.py")


def main() -> None:
    """Measure, or judge again what was kept; print tables and write the record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=80, help="of each series")
    parser.add_argument("--processes", type=int, default=2, help="series of each kernel")
    parser.add_argument("--load", type=int, default=0, help="processes that keep cores busy")
    parser.add_argument("--name", default="aa_rates", help="of the record")
    parser.add_argument("--keep", type=Path, help="folder for the series; if full, only judge")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept: Path = options.keep or Path(folder)
        kept.mkdir(exist_ok=True)
        if not (kept / "conditions.json").exists():
            measure_all(options, kept)
        record = judged(kept)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(record, indent=2) + "\n"
    (RESULTS / f"{options.name}.json").write_text(text, encoding="utf-8")
    print_table(record)


def measure_all(options: argparse.Namespace, kept: Path) -> None:
    """Every series in a process of its own, and how busy the host was."""
    pressure = Pressure()
    with busy_processes(options.load):
        pressure.mark()
        # Kernels in turn, so that what the host does meanwhile is spread over all of them.
        for i in range(options.processes):
            for kernel in (*KERNELS, *HELD_OUT_KERNELS):
                out = kept / f"series-{kernel}-{i}.json"
                command = [sys.executable, SERIES, kernel, str(options.seconds), out]
                subprocess.run(command, check=True)  # noqa: S603
                pressure.mark()
                print(f"{kernel} {i}", flush=True)
    conditions = {
        "seconds_per_series": options.seconds,
        "load_processes": options.load,
        "stalled_share": pressure.shares(float("inf"))[0],
        "n_cores": len(os.sched_getaffinity(0)),
        "versions": versions(),
    }
    (kept / "conditions.json").write_text(json.dumps(conditions), encoding="utf-8")


@contextmanager
def busy_processes(n: int) -> Generator[None]:
    """Keep n processes computing until the block ends."""
    spin = "import os\nwhile os.getppid() == %d: sum(range(10**5))" % os.getpid()  # noqa: UP031
    busy = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(n)]  # noqa: S603
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def judged(kept: Path) -> dict[str, Any]:
    """The record of what was measured."""
    series = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(kept.glob("series-*"))]
    conditions = json.loads((kept / "conditions.json").read_text(encoding="utf-8"))
    stalled = conditions["stalled_share"]
    held_out = [one for one in series if one["kernel"] in HELD_OUT_KERNELS]
    return {
        **conditions,
        "rates": rates(series, stalled),
        "rates_of_held_out_kernels": rates(held_out, stalled),
        "series": [bias(one) for one in series],
    }


def print_table(record: dict[str, Any]) -> None:
    """The rates as tables, and where they were taken."""
    for which in ("rates", "rates_of_held_out_kernels"):
        print(which)
        print_rows(record[which])
    for one in record["series"]:
        print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in one.items()}))
    print(f"stalled share {record['stalled_share']}, {record['load_processes']} busy processes")


def print_rows(rows: Sequence[dict[str, Any]]) -> None:
    """One table."""
    heads = ("window", "min_effect", "windows", "A/A false", "A/A same", "5 %", "10 %", "2 of 40")
    print(" | ".join(f"{head:>10}" for head in (*heads, "wrong sign")))
    for row in rows:
        cells = [f"{row['window_s']} s", f"{row['min_effect']:.0%}", str(row["n_windows"])]
        cells += [f"{row[key]:.1%}" for key in list(row)[3:]]
        print(" | ".join(f"{cell:>10}" for cell in cells))


if __name__ == "__main__":
    main()
