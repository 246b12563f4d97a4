"""`[tool.jax-workbench.lint]` of the nearest pyproject.toml. Server only."""

import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jax_workbench.tools.lint_jax_code import Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
LISTS = ("select", "ignore", "exclude")
LEVELS = ("min-severity", "fail-on")
PROFILES = ("snippet", "file", "library")


class LintSettingsError(Exception):
    """The section cannot be read; the text names the file, what was found and what is expected."""


@dataclass(frozen=True)
class LintSettings:
    """What a project asks of the linter; the command line comes first."""

    folder: Path = Path()
    """Where the file stands; `exclude` is relative to it."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Globs; one that names a folder covers all below it."""
    min_severity: Severity | None = None
    fail_on: Severity | None = None
    profile: str = ""

    def excludes(self, file: Path) -> bool:
        """Whether a glob covers the file or a folder above it."""
        try:
            place = file.absolute().relative_to(self.folder)
        except ValueError:
            return False
        places = [str(place), *map(str, place.parents)]
        return any(fnmatch.fnmatch(p, glob.rstrip("/")) for glob in self.exclude for p in places)


def lint_settings(start: Path) -> LintSettings:
    """The section that holds for `start`: of the first pyproject.toml in it or above it.

    Raises LintSettingsError.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return _read(file)
    return LintSettings()


def _read(file: Path) -> LintSettings:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LintSettingsError(f"{file} cannot be read: {error}. Mend it.") from error
    values: dict[str, Any] = content
    for key in ("tool", "jax-workbench", "lint"):
        inner = values.get(key, {})
        values = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    if unknown := sorted(set(values) - {*LISTS, *LEVELS, "profile"}):
        known = ", ".join((*LISTS, *LEVELS, "profile"))
        raise LintSettingsError(f"{file}: [tool.jax-workbench.lint] has no {unknown[0]}; {known}.")
    select, ignore, exclude = (_texts(file, name, values.get(name, [])) for name in LISTS)
    least = _level(file, "min-severity", values.get("min-severity"))
    fatal = _level(file, "fail-on", values.get("fail-on"))
    profile = values.get("profile", "")
    if profile and profile not in PROFILES:
        names = ", ".join(PROFILES)
        raise LintSettingsError(f"{file}: profile is {profile!r}; expected {names}.")
    return LintSettings(file.parent, select, ignore, exclude, least, fatal, profile)


def _texts(file: Path, name: str, value: Any) -> tuple[str, ...]:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in items):
        return tuple(items)
    raise LintSettingsError(f"{file}: {name} is {value!r}; expected a list of strings.")


def _level(file: Path, name: str, value: Any) -> Severity | None:
    if value is None or value in SEVERITIES:
        return value
    raise LintSettingsError(f"{file}: {name} is {value!r}; expected {', '.join(SEVERITIES)}.")
