"""Lints files, in several processes where that pays. Command line only."""

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jax_workbench.server.lint_cache import LintCache
from jax_workbench.tools.lint_jax_code.findings import as_json, syntax_error
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import Hit, Linted, joined_cells, lint_text
from jax_workbench.tools.lint_jax_code.linting import notebook_cells as cells_of

PARALLEL_FROM = 8
"""Files from which on starting processes pays."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class How:
    """What decides what is found in a text."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: str = ""
    fix: str = "none"


@dataclass
class FileReport:
    """What was found in one file; findings in a notebook have their `cell`."""

    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    suppressed: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    is_incomplete: bool = False
    failure: str = ""
    """Why the file was not linted, or empty."""
    is_changed: bool = False
    """Whether fixes were written into it."""


def lint_files(
    files: Sequence[Path], how: How, n_processes: int, cache: LintCache | None
) -> list[FileReport]:
    """The reports of all files, in their order; those of unchanged files from the cache."""
    texts = {file: read for file in files if (read := _read(file)) is not None}
    use = cache if how.fix == "none" else None
    done: dict[Path, FileReport] = {}
    if use is not None:
        for file, text in texts.items():
            kept = use.get(key_of(use, file, text, how))
            if kept is not None:
                done[file] = FileReport(**kept)
    tasks = [(file, text, how) for file, text in texts.items() if file not in done]
    fresh = dict(zip([task[0] for task in tasks], _linted(tasks, n_processes), strict=True))
    if use is not None:
        for file, report in fresh.items():
            if not report.failure:
                use.put(key_of(use, file, texts[file], how), vars(report))
    unread = FileReport(failure="it cannot be read")
    return [done.get(file) or fresh.get(file) or unread for file in files]


def key_of(cache: LintCache, file: Path, text: str, how: How) -> str:
    """What the findings of a file hang on: its name says whether it is a test or a notebook."""
    return cache.key(str(file), text, *how.select, "-", *how.ignore, "-", how.profile)


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def _linted(tasks: list[tuple[Path, str, How]], n_processes: int) -> list[FileReport]:
    if n_processes == 1 or len(tasks) < PARALLEL_FROM:
        return [lint_one(task) for task in tasks]
    with ProcessPoolExecutor(n_processes or len(os.sched_getaffinity(0))) as pool:
        # The largest first: the last one alone would hold up the end.
        order = sorted(range(len(tasks)), key=lambda n: -len(tasks[n][1]))
        reports = dict(zip(order, pool.map(lint_one, (tasks[n] for n in order)), strict=True))
    return [reports[n] for n in range(len(tasks))]


def lint_one(task: tuple[Path, str, How]) -> FileReport:
    """The report of one file, after the fixes where they are asked for."""
    file, text, how = task
    try:
        if file.suffix == ".ipynb":
            return _of_notebook(file, text, how)
        before = text
        if how.fix != "none":
            text = _mended(file, text, how)
        profile = how.profile or "file"
        linted = lint_text(text, str(file), select=how.select, ignore=how.ignore, profile=profile)
    except OSError as error:
        return FileReport(failure=f"it cannot be written: {error.strerror}")
    except Exception:  # the others are still linted, and the exit code says it
        logger.exception("lint_one", extra={"file": str(file)})
        return FileReport(failure="the linter failed on it; please report that")
    report = report_of(linted)
    report.is_changed = text != before
    return report


def _mended(file: Path, text: str, how: How) -> str:
    after = fixed(text, file.name, level=how.fix, select=how.select, ignore=how.ignore)
    if after != text:
        file.write_bytes(after.encode("utf-8", "surrogateescape"))
    return after


def report_of(linted: Linted) -> FileReport:
    """What was found, a syntax error first; what comments take back apart."""
    source = linted.source
    found = [syntax_error(source)] if source.broken is not None else []
    found += [as_json(hit, source) for hit in linted.shown]
    taken: list[Hit] = [hit for hit in linted.hits if hit.is_suppressed]
    return FileReport(found, [as_json(h, source) for h in taken], linted.is_incomplete)


def _of_notebook(file: Path, text: str, how: How) -> FileReport:
    cells = cells_of(text)
    if cells is None:
        return FileReport(failure="it is no notebook")
    profile = how.profile or "snippet"
    linted = lint_text(
        joined_cells(cells), str(file), select=how.select, ignore=how.ignore, profile=profile
    )
    report = report_of(linted)
    for finding in (*report.findings, *report.suppressed):
        place_in_cell(finding, cells)
    return report


def place_in_cell(finding: dict[str, Any], cells: dict[int, str]) -> None:
    """Count a finding's lines in its cell, and say which cell that is."""
    starts: dict[int, int] = {}
    line = 1
    for number, source in cells.items():
        starts[number] = line  # of the mark before the cell
        line += source.count("\n") + 2
    cell = max((n for n, start in starts.items() if start < finding["line"]), default=1)
    finding["cell"] = cell
    edits: list[dict[str, Any]] = finding["fix"]["edits"] if finding["fix"] else []
    parts: list[dict[str, Any]] = [finding, *finding["related"], *edits]
    for part in parts:
        for word in ("line", "end_line"):
            if word in part:
                part[word] -= starts.get(cell, 0)
