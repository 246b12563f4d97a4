"""Reads the benchmarks of `jax-workbench gate` out of a TOML file. Server only."""

import re
import subprocess
import symtable
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}")
REVISION = re.compile(r"[A-Za-z0-9_][^\s:]{0,200}")
DEFAULTS: Mapping[str, Any] = {"min_effect": 0.05, "time_budget_s": 20, "timeout_s": 300}
"""Other than the tool's own: a bot has time, and should not stop a change for 2 %."""
SHORT = ("file", "code", "fn")
GIT_S = 30


class GateFileError(Exception):
    """The file cannot be read as benchmarks; the text says where and what is expected."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark: a function, or several to compare, and the tool's other arguments."""

    name: str
    variants: tuple[dict[str, str], ...]
    """Each `{name, code, fn}`, as benchmark_fn takes them."""
    files: tuple[Path | None, ...]
    """Where each variant's code was read from."""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])


def read_benchmarks(path: Path) -> tuple[Benchmark, ...]:
    """The benchmarks of a file. Raises GateFileError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GateFileError(f"{path}: {error}") from error
    tables = content.get("benchmark")
    if not isinstance(tables, list) or not tables:
        raise GateFileError(f"{path}: it has no [[benchmark]] table; expected at least one.")
    read = [_benchmark(table, path.parent) for table in cast("list[dict[str, Any]]", tables)]
    names = [benchmark.name for benchmark in read]
    if twice := {name for name in names if names.count(name) > 1}:
        raise GateFileError(f"{path}: two benchmarks are called {min(twice)!r}; rename one.")
    return tuple(read)


def code_at(revision: str, file: Path) -> str | None:
    """The text of `file` at a git revision; None where it was not there yet.

    Raises GateFileError where git or the revision is not to be had.
    """
    if not REVISION.fullmatch(revision):
        raise GateFileError(f"{revision!r} is no git revision; expected a branch, tag or commit.")
    folder = file.resolve().parent
    found = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        raise GateFileError(
            f"git knows no revision {revision!r} in {folder}; in CI fetch it first "
            "(actions/checkout with fetch-depth: 0)."
        )
    place = f"{found.stdout.strip()}:./{file.name}"
    if _git(folder, "cat-file", "-e", place).returncode:
        return None
    return _git(folder, "show", place).stdout


def defines(code: str, name: str) -> bool:
    """Whether a module of this text gives `name` a meaning, as far as can be told unrun.

    True where that can't be told: after `import *`, and in a text that is no Python.
    """
    try:
        symbols = symtable.symtable(code, "code", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # the tool says what is wrong with it, and where
    if re.search(r"\bimport\s*\*", code):
        return True
    known = name in symbols.get_identifiers() and symbols.lookup(name)
    return bool(known) and (known.is_assigned() or known.is_imported())


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(  # noqa: S603 - the words are ours, the revision is checked
            command, capture_output=True, check=False, encoding="utf-8", timeout=GIT_S
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise GateFileError(f"git did not answer: {error}") from error


def _benchmark(table: Mapping[str, Any], folder: Path) -> Benchmark:
    name = table.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise GateFileError(f"name: {name!r}; expected 1 to 50 letters, digits, '_', '.' or '-'.")
    given: Any = table.get("variants")
    if given is None:
        given = [{"name": name, **{word: table[word] for word in SHORT if word in table}}]
    if not isinstance(given, list) or not given:
        raise GateFileError(f"{name}: variants is no list of tables with name, and file or code.")
    read = [_variant(variant, name, folder) for variant in cast("list[Any]", given)]
    used = {"name", "variants", *SHORT}
    arguments = {key: value for key, value in table.items() if key not in used}
    return Benchmark(
        name,
        variants=tuple(variant for variant, _ in read),
        files=tuple(file for _, file in read),
        arguments={**DEFAULTS, **arguments},
    )


def _variant(given: Any, benchmark: str, folder: Path) -> tuple[dict[str, str], Path | None]:
    table = cast("dict[str, str]", given) if isinstance(given, dict) else {}
    file, code = table.get("file"), table.get("code")
    if (file is None) == (code is None):
        raise GateFileError(f"{benchmark}: each variant needs one of file and code.")
    path = None if file is None else folder / str(file)
    if path is not None:
        try:
            code = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise GateFileError(f"{benchmark}: {path}: {error}") from error
    rest = {key: value for key, value in table.items() if key not in {"file", "code"}}
    return {"name": benchmark, "code": cast("str", code), **rest}, path
