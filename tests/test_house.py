"""Promises about the tree itself: what is committed, how it is laid out, how long it grows."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("server", "tools", "sandbox")
HOSTS = re.compile(r"\b(?:pypi|npmjs|pythonhosted|deb[.]debian)[.](?:org|net)")
FRAGMENT = re.compile(r"(?:\d+|\+[a-z-]+)[.](?:added|changed|fixed|removed|security)[.]md")
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
LONG_FOR_A_REASON: dict[str, str] = {}
"""Files that may be longer than LONGEST_FILE, each with its reason."""


def committed(*suffixes: str) -> list[Path]:
    """List what git tracks or would track, by suffix (all where none is given)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes)]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def project() -> dict[str, Any]:
    return tomllib.loads(text(ROOT / "pyproject.toml"))


def test_every_text_at_the_top_is_one_that_a_reader_looks_for() -> None:
    texts = {p.name for p in committed(".md", ".txt") if p.parent == ROOT}

    assert texts == {"README.md", "CHANGELOG.md", "CONTRIBUTING.md"}


def test_every_folder_at_the_top_is_one_of_the_design() -> None:
    """A program that is run from the root may leave a folder there, which a commit then takes."""
    folders = {name(p).split("/")[0] for p in committed() if p.parent != ROOT}

    assert {folder for folder in folders if not folder.startswith(".")} == {
        *("server", "tools", "sandbox", "tests"),
        *("benchmarks", "changelog.d", "docker", "docs", "examples", "script"),
    }


def test_no_committed_file_names_a_registry() -> None:
    """The index is the installing machine's choice."""
    naming = [name(path) for path in committed() if HOSTS.search(text(path))]

    assert naming == []


def test_no_committed_file_names_a_path_of_this_machine() -> None:
    here = [f"{ROOT}/", *(p for p in [sys.base_prefix] if p.startswith(str(Path.home())))]

    naming = [name(path) for path in committed() for part in here if part in text(path)]

    assert naming == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_import_names_are_links_to_the_folders(folder: str) -> None:
    """A copy that followed the links would run the code of yesterday."""
    link = ROOT / ".dev" / "jax_workbench" / folder

    assert link.is_symlink()
    assert link.resolve() == ROOT / folder


def test_version_stands_in_one_place() -> None:
    declared = project()["project"]["version"]

    repeating = [name(p) for folder in FOLDERS for p in python(folder) if declared in text(p)]

    assert version("jax-workbench") == declared
    assert repeating == []


def test_runtime_lock_is_part_of_the_development_lock() -> None:
    """Else what is tested is not what runs."""
    pins = {
        lock: set(re.findall(r"^[\w.\[\]-]+==[^ \\]+", text(ROOT / lock), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    }

    assert pins["requirements.lock"]
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]


def test_every_dependency_is_locked() -> None:
    wanted = {
        re.split(r"[^\w-]", requirement, maxsplit=1)[0]
        for requirement in project()["project"]["dependencies"]
    }

    locked = set(re.findall(r"^([\w-]+)==", text(ROOT / "requirements.lock"), re.MULTILINE))

    assert wanted <= locked


def test_changelog_tells_this_version_or_what_comes_next() -> None:
    fragments = [p.name for p in (ROOT / "changelog.d").iterdir() if p.name != "README.md"]
    misnamed = [fragment for fragment in fragments if not FRAGMENT.fullmatch(fragment)]
    released = re.findall(r"^## (\S+)", text(ROOT / "CHANGELOG.md"), re.MULTILINE)

    assert misnamed == []
    assert fragments or project()["project"]["version"] in released


def python(folder: str) -> list[Path]:
    return [path for path in committed(".py") if name(path).startswith(f"{folder}/")]


def test_no_file_outgrows_one_reading() -> None:
    lengths = {
        name(path): text(path).count("\n")
        for folder in (*FOLDERS, "tests", "benchmarks")
        for path in python(folder)
    }
    long = {path: length for path, length in lengths.items() if length > LONGEST_FILE}

    assert sorted(long) == sorted(LONG_FOR_A_REASON), long


def test_no_function_outgrows_one_screen() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for folder in FOLDERS
        for path in python(folder)
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]

    assert long == []
