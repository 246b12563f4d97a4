"""Texts on which the linter must answer: all of jax, cut programs, hostile texts.

Run as `python -m tests.records.lint_robustness`; writes lint_robustness.json beside this file, and
fails where a text raises, does not end within LIMIT_S, or takes longer than it may.
"""

import json
import platform
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jax_workbench.tools.lint_jax_code.linting import lint_text
from tests.records.lint_hostile_texts import hostile_texts
from tests.records.lint_programs import SETS, programs

HERE = Path(__file__).parent
CASES = HERE.parent / "tools" / "lint_jax_code" / "cases" / "rules.txt"
RECORD = HERE / "lint_robustness.json"
LIMIT_S = 60
CUTS = 20
"""Character cuts of each program."""


@dataclass(frozen=True)
class Outcome:
    """What one text did."""

    name: str
    cpu_s: float
    raised: str
    is_incomplete: bool


def jax_modules() -> Iterator[tuple[str, str]]:
    """Every module of the installed jax."""
    spec = find_spec("jax")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for file in sorted(Path(folder).rglob("*.py")):
            yield file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8")


def texts() -> Iterator[tuple[str, str]]:
    """The good and bad examples of the rules, and the held-out programs."""
    for section in re.split(r"^### ", CASES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        code, _, rest = section.partition("\n")
        bad, _, good = rest.partition("--- good\n")
        yield f"{code} bad", f"import jax\n{bad}"
        yield f"{code} good", f"import jax\n{good}"
    for program in (program for name in SETS for program in programs(name)):
        yield f"{program.name} buggy", program.buggy
        yield f"{program.name} mended", program.mended


def cut_by_lines() -> Iterator[tuple[str, str]]:
    """Every program, cut behind each of its lines."""
    for name, text in texts():
        rows = text.splitlines(keepends=True)
        for n in range(1, len(rows) + 1):
            yield f"{name} line {n}", "".join(rows[:n])


def cut_by_characters() -> Iterator[tuple[str, str]]:
    """Every program, cut at some characters; from both ends."""
    chance = random.Random(0)  # noqa: S311 - which cuts are tried is no secret
    for name, text in texts():
        for _ in range(CUTS):
            at = chance.randrange(len(text))
            yield f"{name} until {at}", text[:at]
            yield f"{name} from {at}", f"import jax\n{text[at:]}"


GROUPS = {
    "modules of jax": jax_modules,
    "programs cut behind each line": cut_by_lines,
    "programs cut at characters": cut_by_characters,
    "hostile texts, 100 times": lambda: iter(hostile_texts(100).items()),
    "hostile texts, 100,000 times": lambda: iter(hostile_texts(100_000).items()),
}


def outcome(task: tuple[str, str]) -> Outcome:
    """Lint one text, for at most LIMIT_S of wall time."""
    name, text = task
    raised, is_incomplete = "", False
    began = time.process_time()
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LIMIT_S)
    try:
        is_incomplete = lint_text(text, "program.py").is_incomplete
    except BaseException as error:  # noqa: BLE001 - whatever it raises is what is recorded
        raised = f"{type(error).__name__}: {error}"[:200]
    finally:
        signal.alarm(0)
    return Outcome(name, time.process_time() - began, raised, is_incomplete)


def _out_of_time(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"not done in {LIMIT_S} s")


def measure() -> dict[str, Any]:
    """Every group: texts, crashes, the slowest text."""
    figures: dict[str, Any] = {}
    with ProcessPoolExecutor() as pool:
        for group, members in GROUPS.items():
            outcomes = [*pool.map(outcome, members(), chunksize=4)]
            slowest = max(outcomes, key=lambda o: o.cpu_s)
            figures[group] = {
                "texts": len(outcomes),
                "raised": {o.name: o.raised for o in outcomes if o.raised},
                "incomplete": sum(o.is_incomplete for o in outcomes),
                "cpu_s": round(sum(o.cpu_s for o in outcomes), 1),
                "slowest": slowest.name,
                "slowest_cpu_s": round(slowest.cpu_s, 2),
            }
    versions = {"python": platform.python_version(), "jax": version("jax")}
    return {"versions": versions, "limit_s": LIMIT_S, "groups": figures}


if __name__ == "__main__":
    record = measure()
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    crashes = sum(len(group["raised"]) for group in record["groups"].values())
    sys.exit(f"{crashes} texts raised or did not end" if crashes else 0)
