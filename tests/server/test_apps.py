"""The page that shows answers: who is told of it, and that it needs nothing but itself."""

import re

import pytest
from mcp import Client
from mcp.client.extension import ClientExtension, advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from jax_workbench.server.apps import LINK, PAGE_URI, Apps, page
from jax_workbench.server.describe import describe
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.server.conftest import FakePool, MakeServer

SHOWS_PAGES = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
SHOWS_OTHERS = advertise(EXTENSION_ID, {"mimeTypes": ["text/html"]})
OUTSIDE = re.compile(r"""(?:https?:)?//[\w.-]+\.\w+/?|\bimport\b[^.]|\bfetch\(|@import|url\(""")
RISKY = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function")


@pytest.mark.anyio
async def test_a_client_that_shows_pages_is_told_which_tools_have_one(
    make_server: MakeServer, mode: str
) -> None:
    async with Client(make_server(FakePool()), mode=mode, extensions=[SHOWS_PAGES]) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        uris = [resource.uri for resource in (await client.list_resources()).resources]

    assert tools["get_job"].meta == LINK
    assert tools["cancel_job"].meta is None
    assert PAGE_URI in uris


@pytest.mark.anyio
@pytest.mark.parametrize("extensions", [[], [SHOWS_OTHERS]], ids=["none", "another type"])
async def test_other_clients_pay_nothing_for_the_page(
    make_server: MakeServer, mode: str, extensions: list[ClientExtension]
) -> None:
    async with Client(make_server(FakePool()), mode=mode, extensions=extensions) as client:
        tools = (await client.list_tools()).tools
        uris = [resource.uri for resource in (await client.list_resources()).resources]

    assert [tool.name for tool in tools if tool.meta] == []
    assert PAGE_URI not in uris


@pytest.mark.anyio
async def test_only_those_who_get_the_plain_list_may_share_it_by_a_cache(
    make_server: MakeServer,
) -> None:
    server = make_server(FakePool())
    async with Client(server, extensions=[SHOWS_PAGES]) as client:
        linked = await client.list_tools()
    async with Client(make_server(FakePool())) as client:
        plain = await client.list_tools()

    assert linked.cache_scope == "private"
    assert plain.cache_scope == "public"


@pytest.mark.anyio
async def test_the_page_is_read_with_what_it_asks_of_its_frame(
    make_server: MakeServer, mode: str
) -> None:
    async with Client(make_server(FakePool()), mode=mode, extensions=[SHOWS_PAGES]) as client:
        (contents,) = (await client.read_resource(PAGE_URI)).contents

    assert contents.mime_type == APP_MIME_TYPE
    assert contents.meta is not None
    assert contents.meta["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}


def test_every_tool_that_answers_about_code_has_a_view() -> None:
    apps = Apps(ALL_TOOLS)

    linked = [tool.name for tool in ALL_TOOLS if apps.linked(describe(tool)).meta]

    assert linked == [
        "run_jax_code",
        "lint_jax_code",
        "benchmark_fn",
        "check_gradients",
        "fit_curve",
        "run_mcmc",
        "train_tiny_model",
        "get_job",
    ]


def test_the_page_holds_all_it_needs_and_sets_texts_as_text() -> None:
    whole = page(ALL_TOOLS)

    assert OUTSIDE.findall(whole.replace("http://www.w3.org/2000/svg", "")) == []
    assert [word for word in RISKY if word in whole] == []
    assert whole.count("<script") == whole.count("</script") == 1
    assert "{{" not in whole.replace("${{", "")
    assert len(whole) < 100_000
