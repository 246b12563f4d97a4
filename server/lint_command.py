"""`jax-workbench lint PATHS`: findings in files, folders and notebooks. Runs nothing of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jax_workbench.server.lint_settings import LintSettingsError, lint_settings
from jax_workbench.tools.lint_jax_code import Severity
from jax_workbench.tools.lint_jax_code.findings import linted_file
from jax_workbench.tools.lint_jax_code.fixing import fixed
from jax_workbench.tools.lint_jax_code.linting import RANK, lint_text, notebook_code
from jax_workbench.tools.lint_jax_code.rendering import as_github, as_sarif, as_text

SUFFIXES = frozenset((".py", ".pyi", ".ipynb"))
CLEAN, FINDINGS, USAGE = 0, 1, 2
PARALLEL_FROM = 8
"""Files from which on starting processes pays."""


@dataclass(frozen=True)
class Choice:
    """What was asked for."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: Severity = "warning"
    fail_on: Severity = "error"
    fix: str = "none"


def lint_command(paths: Sequence[Path], form: str, given: Mapping[str, Any], jobs: int) -> int:
    """Lint as `given` on the command line, and as the project's pyproject.toml says of the rest."""
    try:
        project = lint_settings(Path.cwd())
    except LintSettingsError as error:
        sys.stderr.write(f"jax-workbench: {error}\n")
        return USAGE
    choice = Choice(
        select=(*given["select"],) or project.select,
        ignore=(*project.ignore, *given["ignore"]),
        min_severity=given["min_severity"] or project.min_severity or "warning",
        fail_on=given["fail_on"] or project.fail_on or "error",
        fix=given["fix"],
    )
    return lint_paths(paths, form, choice, jobs, project.excludes)


def lint_paths(
    paths: Sequence[Path],
    form: str,
    choice: Choice,
    jobs: int = 0,
    is_excluded: Callable[[Path], bool] = lambda _: False,
) -> int:
    """Lint and print; 0 where nothing reaches `fail_on`, 1 otherwise, 2 for a path that is not."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        names = ", ".join(map(str, missing))
        sys.stderr.write(f"jax-workbench: {names} is not there. Give files or folders.\n")
        return USAGE
    files = sorted({f for path in paths for f in files_of(path) if not is_excluded(f)})
    tasks = [(file, choice) for file in files]
    if jobs == 1 or len(files) < PARALLEL_FROM:
        results = [lint_file(task) for task in tasks]
    else:
        with ProcessPoolExecutor(jobs or None) as pool:
            results = [*pool.map(lint_file, tasks, chunksize=4)]
    least = RANK[choice.min_severity]
    shown = {
        str(file): [f for f in found if RANK[f["severity"]] >= least]
        for file, found in zip(files, results, strict=True)
    }
    sys.stdout.write(rendered(shown, form))
    limit = RANK[choice.fail_on]
    failed = any(RANK[f["severity"]] >= limit for found in results for f in found)
    return FINDINGS if failed else CLEAN


def rendered(shown: dict[str, list[dict[str, Any]]], form: str) -> str:
    """The findings in one of the forms."""
    match form:
        case "json":
            return json.dumps([{"file": f, "findings": found} for f, found in shown.items()]) + "\n"
        case "sarif":
            return json.dumps(as_sarif(shown), indent=2) + "\n"
        case "github":
            return as_github(shown)
        case _:
            return as_text(shown)


def files_of(path: Path) -> Iterator[Path]:
    """Files to lint; in a folder those that git does not ignore, where git knows it."""
    if path.is_file():
        yield path
        return
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "."]
    try:
        listed = subprocess.run(command, cwd=path, capture_output=True, check=True)  # noqa: S603
        found = [path / name for name in listed.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [p for p in path.rglob("*") if not any(q.startswith(".") for q in p.parts[1:])]
    yield from (p for p in found if p.suffix in SUFFIXES and p.is_file())


def lint_file(task: tuple[Path, Choice]) -> list[dict[str, Any]]:
    """Findings of one file, after the fixes where they are asked for."""
    file, choice = task
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    is_notebook = file.suffix == ".ipynb"
    code = (notebook_code(text) or "") if is_notebook else text
    if choice.fix != "none" and not is_notebook:
        after = fixed(code, file.name, level=choice.fix, select=choice.select, ignore=choice.ignore)
        if after != code:
            file.write_bytes(after.encode("utf-8", "surrogateescape"))
            code = after
    profile = "snippet" if is_notebook else "file"
    return linted_file(
        lint_text(code, str(file), select=choice.select, ignore=choice.ignore, profile=profile)
    )
