"""A finding's `docs` address leads to its rule's page."""

from pathlib import Path

import pytest
from mcp import Client, types

from jax_workbench.server.lint_files import report_of
from jax_workbench.server.rule_pages import rule_pages, rule_table
from jax_workbench.tools.lint_jax_code.linting import lint_text
from tests.server.conftest import FakePool, MakeServer

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[2] / "docs" / "tools" / "lint_rules.md"
REUSED = """
import jax
key = jax.random.key(0)
a = jax.random.normal(key)
b = jax.random.normal(key)
"""


async def test_the_page_that_a_finding_names_can_be_read_in_both_eras(
    make_server: MakeServer, mode: str
) -> None:
    (finding,) = report_of(lint_text(REUSED, "a.py")).findings

    async with Client(make_server(FakePool()), mode=mode) as client:
        (page,) = (await client.read_resource(finding["docs"])).contents

    assert isinstance(page, types.TextResourceContents)
    assert page.text.startswith(f"# {finding['code']}: {finding['name']}\n")
    assert "## Use instead" in page.text


async def test_codes_are_completed(make_server: MakeServer) -> None:
    async with Client(make_server(FakePool())) as client:
        got = await client.complete(
            ref=types.ResourceTemplateReference(uri="workbench://lint/{code}"),
            argument={"name": "code", "value": "JAX30"},
        )

    assert "JAX301" in got.completion.values
    assert all(code.startswith("JAX30") for code in got.completion.values)


@pytest.mark.parametrize("code", ["JAX000", "JAX001"])
def test_what_the_linter_says_of_a_text_has_a_page_too(code: str) -> None:
    assert code in rule_pages()


def test_the_table_of_rules_is_on_record(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-records"):
        PAGE.write_text(rule_table(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == rule_table()
