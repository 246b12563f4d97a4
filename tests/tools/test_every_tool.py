"""Promises that every tool keeps, checked for each tool in the catalog."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel, ValidationError

from jax_workbench.server.describe import AnyTool, describe, is_read_only
from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.contract import Answer, Ask

ROOT = Path(__file__).parents[2]
RECORDS = Path(__file__).parent / "records"
COMBINATORS = {"anyOf", "oneOf", "allOf"}
N_TOOLS_IN_THE_END = 9
MAX_INPUT_BYTES = 12_000
MAX_BYTES = 28_000
MAX_TEXT = 2**26
MAX_ITEMS = 10_000

each_tool = pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda tool: tool.name)


def wire(tool: AnyTool) -> dict[str, Any]:
    """What a client gets of a tool."""
    return describe(tool).model_dump(mode="json", by_alias=True, exclude_none=True)


def n_bytes(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON-like tree."""
    if isinstance(schema, dict):
        node = cast("dict[str, Any]", schema)
        yield node
        yield from parts_of([*node.values()])
    elif isinstance(schema, list | tuple):
        for part in cast("list[Any]", schema):
            yield from parts_of(part)


def test_every_folder_is_in_the_catalog() -> None:
    folders = {path.parent.name for path in (ROOT / "tools").glob("*/__init__.py")}

    assert {tool.name for tool in ALL_TOOLS} == folders - {"common"}


def test_every_tool_is_in_the_independence_contract() -> None:
    """lint-imports keeps apart only the modules that the contract names."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    (apart,) = [c["modules"] for c in contracts if c["type"] == "independence"]

    assert sorted(apart) == sorted(f"jax_workbench.tools.{tool.name}" for tool in ALL_TOOLS)


def test_the_list_of_tools_is_the_one_on_record(request: pytest.FixtureRequest) -> None:
    names = [tool.name for tool in ALL_TOOLS]

    assert names == on_record("tools", names, request)


def on_record(name: str, now: Any, request: pytest.FixtureRequest) -> Any:
    """What stands in `records/`; written anew with --update-records."""
    record = RECORDS / f"{name}.json"
    if request.config.getoption("--update-records"):
        record.parent.mkdir(exist_ok=True)
        record.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return json.loads(record.read_text(encoding="utf-8"))


@each_tool
def test_what_a_client_gets_of_a_tool_is_on_record(
    tool: AnyTool, request: pytest.FixtureRequest
) -> None:
    now = wire(tool)

    assert now == on_record(tool.name, now, request)


@each_tool
def test_name_is_verb_noun(tool: AnyTool) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", tool.name)


@each_tool
def test_text_for_the_model_is_short_and_starts_with_what_the_tool_does(tool: AnyTool) -> None:
    first = tool.description.splitlines()[0]

    assert len(tool.description) <= 700
    assert 20 < len(first) <= 100
    assert first.endswith(".")


def test_the_list_of_tools_fits_its_budget() -> None:
    """The budget is for nine tools; each of those there may use its share."""
    share = len(ALL_TOOLS) / N_TOOLS_IN_THE_END
    tools = [wire(tool) for tool in ALL_TOOLS]
    inputs = [{key: tool[key] for key in ("name", "description", "inputSchema")} for tool in tools]
    outputs = [tool["outputSchema"] for tool in tools]

    # benchmark_fn, the largest of the nine, is among the first.
    assert n_bytes(inputs) <= MAX_INPUT_BYTES * max(share, 0.6)
    assert n_bytes(inputs) + n_bytes(outputs) <= MAX_BYTES * max(share, 0.6)


@each_tool
def test_every_argument_and_field_is_described(tool: AnyTool) -> None:
    plain = {"status", "summary", "result", "notes", "next"}

    assert undescribed(tool.ask, plain=set()) == []
    assert undescribed(tool.answer, plain=plain) == []


def undescribed(model: type[BaseModel], plain: set[str]) -> list[str]:
    """The model's own fields whose meaning is said nowhere."""
    return [
        name
        for name, about in model.model_fields.items()
        if not about.description and name not in plain
    ]


@each_tool
def test_no_number_of_an_answer_can_be_nan(tool: AnyTool) -> None:
    """A nan becomes null on the wire, and clients then refuse the whole answer."""
    floats = [
        node
        for node in parts_of(tool.answer.__pydantic_core_schema__)
        if node.get("type") == "float"
    ]

    assert [number for number in floats if number.get("allow_inf_nan") is not False] == []


@each_tool
def test_schemas_are_plain_objects_in_one_piece(tool: AnyTool) -> None:
    """Some clients refuse the whole list of tools over one top-level combinator."""
    for schema in (wire(tool)["inputSchema"], wire(tool)["outputSchema"]):
        keywords = {key for node in parts_of(schema) for key in node}

        assert schema["type"] == "object"
        assert not COMBINATORS & set(schema)
        assert not {"$ref", "$defs", "discriminator"} & keywords
        assert [node for node in parts_of(schema) if isinstance(node.get("title"), str)] == []


@each_tool
def test_unknown_arguments_are_refused_at_every_depth(tool: AnyTool) -> None:
    open_objects = [
        node
        for node in parts_of(wire(tool)["inputSchema"])
        if "properties" in node and node.get("additionalProperties") is not False
    ]

    assert open_objects == []


@each_tool
def test_arguments_are_bounded(tool: AnyTool) -> None:
    """Nothing else bounds a message on stdio."""
    properties: dict[str, Any] = wire(tool)["inputSchema"]["properties"]
    items: tuple[Any, ...] = (0, "x", {}, {"shape": [1]})
    too_long: dict[str, list[Any]] = {
        "string": ["x" * (MAX_TEXT + 1)],
        "array": [[item] * (MAX_ITEMS + 1) for item in items],
    }

    accepted = [
        name
        for name, about in properties.items()
        for kind, values in too_long.items()
        if kind in about.get("type", "") and any(is_accepted(tool, name, value) for value in values)
    ]

    assert accepted == []


def is_accepted(tool: AnyTool, name: str, value: Any) -> bool:
    """Whether an argument may be `value`, leaving the others aside."""
    try:
        tool.ask.model_validate({name: value})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return not any(fault["loc"][:1] == (name,) for fault in faults)
    return True


@each_tool
def test_a_tool_is_an_ask_and_an_answer_with_its_own_words(tool: AnyTool) -> None:
    schema = wire(tool)["outputSchema"]["properties"]

    assert issubclass(tool.ask, Ask)
    assert issubclass(tool.answer, Answer)
    assert schema["status"]["type"] == "string"
    assert list(schema) == ["status", "summary", "result", "notes", "next", "artifacts", "run"]
    if tool.plan or tool.work:
        assert "running" in schema["status"]["enum"]
        assert tool.bad_statuses <= set(schema["status"]["enum"])
        assert {"timeout_s"} <= set(tool.ask.model_fields)
    assert not (tool.plan and tool.work)


@each_tool
def test_a_tool_that_runs_user_code_is_never_called_read_only(tool: AnyTool) -> None:
    annotations = wire(tool)["annotations"]

    assert annotations.keys() == {
        "title",
        "readOnlyHint",
        "destructiveHint",
        "idempotentHint",
        "openWorldHint",
    }
    assert not (tool.runs_user_code and is_read_only(tool))
    assert annotations["readOnlyHint"] is is_read_only(tool)
