"""Findings on the page, in headless Chromium: marked in their lines, with their fixes."""

import json

import pytest

from tests.chromium import Page, chromium
from tests.server.view_page import load, record, show, text_of

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed")


def test_a_finding_is_marked_in_its_line_and_its_fix_is_shown(host: Page) -> None:
    inside = show(host, "lint_findings")

    (first, *_, last) = host.run(
        "[...document.querySelectorAll('.finding')].map("
        "(one) => [...one.querySelectorAll('pre')].map((pre) => pre.textContent.split('\\n')))",
        inside,
    )
    line, carets = first[0][1:3]
    start = carets.index("^")

    assert line.startswith("6 |     mask = ")
    assert line[start : start + carets.count("^")] == "jax.random.bernoulli(key, 0.5, x.shape)"
    assert last[0][2].endswith("| \t\t       ^^^^^^^^^^^^")
    assert last[1] == ["13 + \t\treturn jax.tree.map(jnp.abs, x)"]


def test_findings_are_sorted_by_a_column_and_shown_without_the_code_too(host: Page) -> None:
    said = record("lint_findings")
    load(host)
    host.run(f"deliver({{}}, {json.dumps(said['result'])})")
    inside = host.inside()
    codes = "[...document.querySelectorAll('tbody tr')].map((row) => row.children[2].textContent)"

    host.run("[...document.querySelectorAll('th button')].at(2).click()", inside)
    found = said["result"]["structuredContent"]["result"]["findings"]

    assert host.run(codes, inside) == sorted(finding["code"] for finding in found)
    assert host.run("document.querySelectorAll('.finding').length", inside) == len(found)
    assert host.run("document.querySelectorAll('.finding pre').length", inside) == 0


def test_clean_code_has_no_table(host: Page) -> None:
    inside = show(host, "lint_clean")

    assert "clean" in text_of(host, inside)
    assert host.run("document.querySelectorAll('table, .finding').length", inside) == 0
