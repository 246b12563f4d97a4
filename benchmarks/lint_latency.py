"""lint_jax_code beside ruff, pylint and jaxlint on the same files.

    python benchmarks/lint_latency.py [--pylint PROGRAM] [--jaxlint PROGRAM] [--runs 20]

Files of about 60, 500 and 2,000 lines from installed packages, and the whole of jax. Ours is timed
twice: in a process that is warm, as in the tool's worker, and as a command like the others. What is
not found is named. CPU seconds are of the process and what it started: on a busy machine they say
more than wall seconds. Writes results/lint_latency.json and prints a table.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.linting import lint_text

RESULT = Path(__file__).parent / "results" / "lint_latency.json"
PACKAGES = ("flax", "numpyro", "optax")
SIZES = (60, 500, 2000)
WHOLE = "jax"
RUFF = "F,E9,B,NPY,PL,RUF,C4,SIM,PERF,FURB,A,ARG"
LIMIT_S = 300
Command = Callable[[Path], list[str]]


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pylint", default="pylint", metavar="PROGRAM")
    parser.add_argument("--jaxlint", default="jaxlint", metavar="PROGRAM")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    found, missing = programs_of(options.pylint, options.jaxlint)
    rows = [row_of_file(file, found, options.runs) for file in files_by_size()]
    rows.append(row_of_folder(folder_of(WHOLE), found))
    record = {
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("jax", *PACKAGES)},
            **{name: said_version(command(Path())[0]) for name, command in found.items()},
        },
        "not_found": missing,
        "n_cores": len(os.sched_getaffinity(0)),
        "load_1_min": os.getloadavg()[0],
        "rows": rows,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(record)))


def programs_of(pylint: str, jaxlint: str) -> tuple[dict[str, Command], list[str]]:
    """How each linter is called on a path; the names of those that are not there."""
    wanted: dict[str, tuple[str, Sequence[str]]] = {
        "jax-workbench": (beside("jax-workbench"), ("lint", "--no-cache", "--fail-on", "error")),
        "ruff": (beside("ruff"), ("check", "--isolated", "--no-cache", "-q", "--select", RUFF)),
        "pylint": (pylint, ("--disable=all", "--enable=E,W", "-j", "0", "--score=n")),
        "jaxlint": (jaxlint, ("check",)),
    }
    commands: dict[str, Command] = {}
    for name, (program, arguments) in wanted.items():
        if (path := shutil.which(program)) is not None:
            commands[name] = lambda target, p=path, a=arguments: [p, *a, str(target)]
    return commands, [name for name in wanted if name not in commands]


def beside(name: str) -> str:
    """A program of the environment that runs this."""
    return str(Path(sys.executable).with_name(name))


def said_version(program: str) -> str:
    """What a linter says of its version."""
    if Path(program).name == "jax-workbench":
        return version("jax-workbench")
    for argument in ("--version", "version"):
        said = subprocess.run([program, argument], capture_output=True, text=True, check=False)  # noqa: S603
        if said.returncode == 0 and said.stdout.strip():
            return said.stdout.strip().splitlines()[0]
    return "unknown"


def folder_of(package: str) -> Path:
    """Where an installed package lies."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{package} is not installed: install the requirements first.")
    return Path(next(iter(spec.submodule_search_locations)))


def files_by_size() -> list[Path]:
    """Of the packages' modules that import jax, the one nearest to each size."""
    counted: list[tuple[int, Path]] = []
    for package in PACKAGES:
        for file in sorted(folder_of(package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "import jax" in text:
                counted.append((text.count("\n"), file))
    return [min(counted, key=lambda c: abs(c[0] - size))[1] for size in SIZES]


def row_of_file(file: Path, found: dict[str, Command], n_runs: int) -> dict[str, Any]:
    """Warm and cold figures of one file."""
    text = file.read_text(encoding="utf-8")
    lint_text(text, file.name)
    warm = [timed(lambda: lint_text(text, file.name)) for _ in range(n_runs)]
    wall_s = sorted(wall for wall, _ in warm)
    return {
        "of": f"{file.parent.name}/{file.name}",
        "lines": text.count("\n"),
        "warm": {
            "runs": n_runs,
            "median_s": statistics.median(wall_s),
            "p95_s": wall_s[max(0, -(-95 * n_runs // 100) - 1)],
            "median_cpu_s": statistics.median(cpu for _, cpu in warm),
        },
        "commands": {name: run(command(file)) for name, command in found.items()},
    }


def row_of_folder(folder: Path, found: dict[str, Command]) -> dict[str, Any]:
    """Figures of a whole package, copied to where no linter leaves files out."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / folder.name
        shutil.copytree(folder, copy, ignore=lambda _, names: [n for n in names if kept_out(n)])
        files = [*copy.rglob("*.py")]
        return {
            "of": f"all of {folder.name}, {len(files)} files",
            "lines": sum(f.read_text(encoding="utf-8").count("\n") for f in files),
            "commands": {name: run(command(copy)) for name, command in found.items()},
        }


def kept_out(name: str) -> bool:
    """Compiled parts of a package."""
    return name.endswith((".so", ".pyc")) or name == "__pycache__"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of a call in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def run(command: Sequence[str]) -> dict[str, Any]:
    """One run of a command: seconds, lines that it said, and how it ended."""
    before, began = os.times(), time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - linters that the user has installed
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        _, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"wall_s": None, "cpu_s": None, "ended": f"not done in {LIMIT_S} s"}
    after = os.times()
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    ended = "traceback" if b"Traceback" in errors else f"exit {process.returncode}"
    return {"wall_s": time.perf_counter() - began, "cpu_s": cpu_s, "ended": ended}


def table(record: dict[str, Any]) -> list[str]:
    """The record as Markdown, wall and CPU seconds."""
    names = [n for n in record["versions"] if n in record["rows"][0]["commands"]]
    head = ["file", "lines", "ours, warm: median / p95", *(f"{n}: wall / CPU" for n in names)]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for row in record["rows"]:
        warm = row.get("warm")
        ours = f"{1e3 * warm['median_s']:.1f} / {1e3 * warm['p95_s']:.1f} ms" if warm else ""
        cells = [said(row["commands"][name]) for name in names]
        lines.append(" | ".join([row["of"], f"{row['lines']:,}", ours, *cells]))
    lines = [f"| {line} |" for line in lines]
    return [*lines, f"Not found: {', '.join(record['not_found']) or 'none'}."]


def said(figures: dict[str, Any]) -> str:
    """A cell of the table."""
    if figures["wall_s"] is None:
        return figures["ended"]
    note = " (traceback)" if figures["ended"] == "traceback" else ""
    return f"{figures['wall_s']:.2f} / {figures['cpu_s']:.2f} s{note}"


if __name__ == "__main__":
    main()
