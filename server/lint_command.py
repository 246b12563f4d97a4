"""`jax-workbench lint PATHS`: findings in files, folders and notebooks. Runs nothing of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jax_workbench.server.lint_cache import LintCache, default_cache_dir
from jax_workbench.server.lint_files import FileReport, How, lint_files
from jax_workbench.server.lint_settings import LintSettingsError, lint_settings
from jax_workbench.tools.lint_jax_code import Severity
from jax_workbench.tools.lint_jax_code.linting import RANK, nameless
from jax_workbench.tools.lint_jax_code.rendering import as_github, as_text
from jax_workbench.tools.lint_jax_code.sarif import as_sarif

SUFFIXES = frozenset((".py", ".pyi", ".ipynb"))
CLEAN, FINDINGS, USAGE = 0, 1, 2


@dataclass(frozen=True)
class Choice:
    """What was asked for."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: Severity = "warning"
    fail_on: Severity = "error"
    profile: str = ""
    fix: str = "none"
    no_cache: bool = False


def lint_command(paths: Sequence[Path], form: str, given: Mapping[str, Any], jobs: int) -> int:
    """Lint as `given` on the command line, and as the project's pyproject.toml says of the rest."""
    if not paths:
        return _refused("lint needs files or folders, or --lsp.")
    try:
        project = lint_settings(Path.cwd())
    except LintSettingsError as error:
        return _refused(str(error))
    choice = Choice(
        select=(*given["select"],) or project.select,
        ignore=(*project.ignore, *given["ignore"]),
        min_severity=given["min_severity"] or project.min_severity or "warning",
        fail_on=given["fail_on"] or project.fail_on or "error",
        profile=given["profile"] or project.profile,
        fix=given["fix"],
        no_cache=given["no_cache"],
    )
    if unknown := nameless((*choice.select, *choice.ignore)):
        return _refused(f"no rule or family is named {', '.join(unknown)}. See docs: lint_rules.")
    return lint_paths(paths, form, choice, jobs, project.excludes)


def _refused(why: str) -> int:
    sys.stderr.write(f"jax-workbench: {why}\n")
    return USAGE


def lint_paths(
    paths: Sequence[Path],
    form: str,
    choice: Choice,
    jobs: int = 0,
    is_excluded: Callable[[Path], bool] = lambda _: False,
) -> int:
    """Lint and print; 0 where nothing reaches `fail_on`, 1 otherwise, 2 for what can't be read."""
    if missing := [path for path in paths if not path.exists()]:
        names = ", ".join(map(str, missing))
        return _refused(f"{names} is not there. Give files or folders.")
    files = sorted({f for path in paths for f in files_of(path) if not is_excluded(f)})
    cache = None if choice.no_cache else LintCache(default_cache_dir())
    how = How(choice.select, choice.ignore, choice.profile, choice.fix)
    reports = dict(zip(map(str, files), lint_files(files, how, jobs, cache), strict=True))
    if cache is not None:
        cache.prune()
    sys.stdout.write(rendered(reports, form, RANK[choice.min_severity]))
    for file, report in reports.items():
        if report.failure:
            sys.stderr.write(f"jax-workbench: {file} was not linted: {report.failure}.\n")
        if report.is_changed:
            sys.stderr.write(f"jax-workbench: {file} was changed by --fix.\n")
        if report.is_incomplete:
            said = "is too long or too deeply nested to be looked at in full"
            sys.stderr.write(f"jax-workbench: {file} {said}.\n")
    if any(report.failure for report in reports.values()):
        return USAGE
    limit = RANK[choice.fail_on]
    found = (f for report in reports.values() for f in report.findings)
    return FINDINGS if any(RANK[f["severity"]] >= limit for f in found) else CLEAN


def rendered(reports: Mapping[str, FileReport], form: str, least: int) -> str:
    """The findings from that rank on in one of the forms."""
    shown = {
        file: [f for f in report.findings if RANK[f["severity"]] >= least]
        for file, report in reports.items()
    }
    match form:
        case "json":
            return json.dumps([{"file": f, "findings": found} for f, found in shown.items()]) + "\n"
        case "sarif":
            taken_back = {file: report.suppressed for file, report in reports.items()}
            return json.dumps(as_sarif(shown, taken_back), indent=2) + "\n"
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
