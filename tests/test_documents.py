"""What the documents promise of each other: links, headings, pictures, commands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.server import __main__ as command_line
from tests.test_house import ROOT, committed, name, text

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
SHELL = re.compile(r"```bash\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\s*(?:\S*/)?(?:uv run )?jax-workbench (.*)$", re.MULTILINE)
RESULT = re.compile(r"`((?:benchmarks|tests|examples|docs|docker|script)/[\w./-]+)`")
PLACEHOLDERS = {"CLIENT": "json", "TOOL": "lint_jax_code"}


def pages() -> list[Path]:
    """Every document for people; the guides, which are served, have tests of their own."""
    return [page for page in committed(".md") if not name(page).startswith(("server/", "tools/"))]


def links(page: Path) -> Iterator[str]:
    """Where a page points to inside of the repository."""
    for target in LINK.findall(CODE.sub("", text(page))):
        if not target.startswith(("http://", "https://", "workbench://")):
            yield target


def anchors(page: Path) -> set[str]:
    """The headings of a page, as their addresses."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in headings}


def broken(page: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for target in links(page):
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            yield target


def commands(page: Path) -> list[str]:
    """The arguments of every call of our own command that a page shows in a shell block."""
    shown = [line for block in SHELL.findall(text(page)) for line in COMMAND.findall(block)]
    return [line.split(" #")[0] for line in shown]


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    assert [(name(page), link) for page in pages() for link in broken(page)] == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](page.md#a-title) [b](#none) [c](gone.md) `[d](code.md)`\n", encoding="utf-8"
    )

    assert [*broken(page)] == ["#none", "gone.md"]


def test_every_file_that_a_page_names_is_there() -> None:
    missing = [
        f"{name(page)}: {path}"
        for page in pages()
        for path in RESULT.findall(text(page))
        if not (ROOT / path).exists() and not name(page).startswith("changelog.d/")
    ]

    assert missing == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set[Path](), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]

    assert sorted({*(ROOT / "docs").rglob("*.md")} - reached) == []


def test_the_site_lists_every_page_once() -> None:
    listed = re.findall(r": (\S+[.]md)$", text(ROOT / "mkdocs.yml"), re.MULTILINE)
    docs = ROOT / "docs"

    assert sorted(listed) == sorted(p.relative_to(docs).as_posix() for p in docs.rglob("*.md"))


def test_every_command_that_a_page_shows_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(*_: Any) -> int:
        return 0

    monkeypatch.setattr("anyio.run", ran)
    shown = {line for page in pages() for line in commands(page)}
    refused: list[str] = []

    for line in shown:
        words = [
            PLACEHOLDERS.get(word, word) for word in shlex.split(line.replace("$PWD", "/anywhere"))
        ]
        with pytest.raises(SystemExit) as ended:
            command_line.main([PLACEHOLDERS.get(word, word) for word in words])
        if ended.value.code:
            refused.append(line)

    assert len(shown) >= 5
    assert refused == []
