"""Promises about the documents: their links lead somewhere, their lists are those of the code."""

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from jax_workbench.sandbox.policy import Limits
from jax_workbench.server.settings import Settings
from jax_workbench.tools.benchmark_fn import (
    BenchmarkFnAnswer,
    BenchmarkFnAsk,
    BenchmarkFnResult,
    Comparison,
)
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.errors import ERROR_CODES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("changelog.d/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
TOOLS = [tool.name for tool in ALL_TOOLS]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    """List what stands in backquotes in the first column of tables."""
    return re.findall(r"^\| \[?`([^`]+)`", text, re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The names that a forge gives to headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in LINK.findall(path.read_text(encoding="utf-8"))
        for to in [(path.parent / target) if target else path]
        if not to.exists() or (anchor and anchor not in anchors(to))
    ]

    assert broken == []


def test_every_page_can_be_reached_from_the_index_or_the_readme() -> None:
    start = [ROOT / "README.md", ROOT / "docs" / "index.md"]
    reached, left = set(start), start
    while left:
        path = left.pop()
        links = LINK.findall(path.read_text(encoding="utf-8"))
        new = {(path.parent / target).resolve() for target, _ in links if target.endswith(".md")}
        left.extend(new - reached)
        reached |= new

    assert set((ROOT / "docs").rglob("*.md")) <= reached


def test_every_tool_has_a_page_and_every_page_a_tool() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "tools").glob("*.md")}

    assert pages == {*TOOLS, "lint_rules"}  # which the page of lint_jax_code leads to


def test_readme_names_exactly_the_tools_of_the_catalog() -> None:
    table = page("README.md").partition("## Tools")[2].partition("\n## ")[0]

    assert first_cells(table) == TOOLS


def test_example_in_the_readme_is_a_call_and_an_answer_of_benchmark_fn() -> None:
    """Its figures are from one run; its names are checked here, the tool's pages are run."""
    blocks = re.findall(
        r"```json\n(.*?)```", page("README.md").partition("## What an answer")[2], re.DOTALL
    )
    call, answer = (json.loads(block) for block in blocks)

    BenchmarkFnAsk.model_validate(call)
    (comparison,) = answer["result"].pop("comparisons")

    assert answer.keys() <= {*BenchmarkFnAnswer.model_fields, "artifacts", "run"}
    assert answer["result"].keys() <= BenchmarkFnResult.model_fields.keys()
    assert comparison.keys() <= Comparison.model_fields.keys()
    assert comparison["verdict"] == "faster"


def test_every_error_code_is_explained() -> None:
    table = page("docs/results-and-errors.md").partition("## Errors")[2]

    assert tuple(first_cells(table)) == ERROR_CODES


def test_limits_are_documented_with_their_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+)", page("docs/security.md"), re.MULTILINE)
    numbers = {
        field.name: float(field.default)
        for field in fields(Limits)
        if field.default not in (None, MISSING)
    }

    documented = {name: float(default) for name, default in rows}

    assert documented == numbers


def test_settings_are_documented_with_their_defaults() -> None:
    rows = re.findall(
        r"^\| `JAX_WORKBENCH_(\w+)` \| `?([^|`]+?)`? \|", page("docs/connect.md"), re.MULTILINE
    )
    numbers = {
        field.name: float(field.default)
        for field in fields(Settings)
        if isinstance(field.default, int | float)
    }

    documented = {name.lower(): default for name, default in rows}

    assert documented.keys() == {field.name for field in fields(Settings)}
    assert {name: float(documented[name]) for name in numbers} == numbers
