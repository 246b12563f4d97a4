"""What models read beside the tools: guides, the same as a skill, prompts, completions."""

import re
from hashlib import sha256
from typing import Any

import pytest
from mcp import Client, types
from mcp.shared.exceptions import MCPError
from pydantic import ConfigDict

from jax_workbench.server.guides import guides
from jax_workbench.server.prompts import TEMPLATES
from jax_workbench.server.skills import BASE, PAGE, REFERENCES
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.server.conftest import FakePool, MakeServer

pytestmark = pytest.mark.anyio

SUBJECTS = {
    "transforms",
    "randomness",
    "performance",
    "nnx",
    "optax",
    "orbax",
    "numpyro",
    "nlsq",
    "numerics",
    "sharding",
    "export",
}
LONGEST_GUIDE = 4000


class AnyResult(types.Result):
    """Whatever an extension's method answers."""

    model_config = ConfigDict(extra="allow")


async def ask(client: Client, method: str, **params: Any) -> dict[str, Any]:
    request = types.Request[dict[str, Any], str](method=method, params=params)
    got = await client.session.send_request(request, AnyResult)
    return got.model_dump(mode="json", by_alias=True)


async def text_of(client: Client, uri: str) -> str:
    (contents,) = (await client.read_resource(uri)).contents
    assert isinstance(contents, types.TextResourceContents)
    return contents.text


def test_there_is_a_short_guide_for_each_subject_with_code() -> None:
    assert guides().keys() == SUBJECTS
    assert [g.name for g in guides().values() if len(g.text) > LONGEST_GUIDE] == []
    assert [g.name for g in guides().values() if "```python" not in g.text] == []


async def test_a_guide_is_listed_and_read_in_both_eras(make_server: MakeServer, mode: str) -> None:
    async with Client(make_server(FakePool()), mode=mode) as client:
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        text = await text_of(client, "workbench://guides/randomness")

    assert {f"workbench://guides/{name}" for name in SUBJECTS} <= {*listed}
    assert text == guides()["randomness"].text


async def test_the_skill_pins_each_of_its_files_by_digest(make_server: MakeServer) -> None:
    async with Client(make_server(FakePool())) as client:
        (skill,) = (await ask(client, "skills/list"))["skills"]
        one = (await ask(client, "skills/get", uri=PAGE))["skill"]
        listed = (await ask(client, "resources/directory/read", uri=BASE))["resources"]
        below = (await ask(client, "resources/directory/read", uri=REFERENCES))["resources"]
        digests = {
            part["uri"]: sha256((await text_of(client, part["uri"])).encode()).hexdigest()
            for part in skill["resources"]
        }

    assert skill == one
    assert {p["uri"]: p["digest"].removeprefix("sha256:") for p in skill["resources"]} == digests
    assert {part["uri"]: part["mimeType"] for part in listed} == {
        PAGE: "text/markdown",
        REFERENCES: "inode/directory",
    }
    assert len(below) == len(SUBJECTS)
    assert skill["frontmatter"]["name"] == "measured-jax"


@pytest.mark.parametrize("method", ["skills/get", "resources/directory/read"])
async def test_a_skill_that_is_none_is_an_invalid_parameter(
    make_server: MakeServer, method: str
) -> None:
    async with Client(make_server(FakePool())) as client:
        with pytest.raises(MCPError) as refused:
            await ask(client, method, uri="skill://nothing")

    assert refused.value.error.code == types.INVALID_PARAMS


async def test_the_skills_page_leads_to_every_guide(make_server: MakeServer) -> None:
    async with Client(make_server(FakePool())) as client:
        text = await text_of(client, PAGE)

    assert {*re.findall(r"`references/(\w+)\.md`", text)} == SUBJECTS


async def test_every_prompt_says_what_it_needs_and_puts_it_in_its_text(
    make_server: MakeServer, mode: str
) -> None:
    code = "def f(x): return {x}  # braces stay"
    async with Client(make_server(FakePool()), mode=mode) as client:
        listed = (await client.list_prompts()).prompts
        given = {prompt.name: [a.name for a in prompt.arguments or ()] for prompt in listed}
        texts = [
            (await client.get_prompt(name, dict.fromkeys(arguments, code))).messages[0].content
            for name, arguments in given.items()
        ]

    assert [prompt.name for prompt in listed] == [*TEMPLATES]
    assert all(prompt.description for prompt in listed)
    assert all(isinstance(t, types.TextContent) and code in t.text for t in texts)


def test_prompts_name_tools_that_exist() -> None:
    words = re.compile(r"\b(?:[a-z]+_)+[a-z]+\b")
    fields = {"time_budget_s", "time_ratio"}

    named = {name for template in TEMPLATES.values() for name in words.findall(template.text)}

    assert named - fields <= {tool.name for tool in ALL_TOOLS}
    assert len(named - fields) > 5


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("review_jax_code", {}, "code: required, but missing"),
        ("review_jax_code", {"code": "1", "cod": "2"}, "cod: there is no such argument"),
        ("nothing", {}, "There are: review_jax_code"),
    ],
)
async def test_a_prompt_that_cannot_be_filled_says_why(
    make_server: MakeServer, name: str, arguments: dict[str, str], complaint: str
) -> None:
    async with Client(make_server(FakePool())) as client:
        with pytest.raises(MCPError, match=complaint):
            await client.get_prompt(name, arguments)


async def test_runs_files_and_guides_are_completed(make_server: MakeServer) -> None:
    async with Client(make_server(FakePool())) as client:
        got = await client.call_tool("echo_code", {"code": "1"})
        assert got.structured_content is not None
        run_id = got.structured_content["run"]["run_id"]
        prompt = types.PromptReference(type="ref/prompt", name="is_this_posterior_trustworthy")
        template = types.ResourceTemplateReference(
            type="ref/resource", uri="workbench://runs/{run_id}"
        )
        guide = types.ResourceTemplateReference(
            type="ref/resource", uri="workbench://guides/{name}"
        )
        runs = await client.complete(prompt, {"name": "run", "value": "workbench://runs/2"})
        ids = await client.complete(template, {"name": "run_id", "value": run_id[:8]})
        names = await client.complete(guide, {"name": "name", "value": "n"})
        nothing = await client.complete(prompt, {"name": "model", "value": ""})

    assert runs.completion.values == [f"workbench://runs/{run_id}"]
    assert ids.completion.values == [run_id]
    assert names.completion.values == ["nlsq", "nnx", "numerics", "numpyro"]
    assert nothing.completion.values == []
