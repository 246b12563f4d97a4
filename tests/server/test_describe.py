from typing import Literal

import pytest
from pydantic import Field

from jax_workbench.server.describe import describe, output_schema
from jax_workbench.server.lean_schema import lean_schema
from jax_workbench.tools.contract import Answer, Ask, Finite, Part, Tool


class Fix(Part):
    """A remedy."""

    title: str = Field(description="A field that is called as a keyword is.")
    kind: Literal["safe", "unsafe"] | None = None


class Node(Part):
    """A model without an end."""

    children: tuple["Node", ...] = ()


class SomeAsk(Ask):
    """Do something.

    And more.
    """

    fix: Fix | None = Field(default=None, description="How.")
    limit_s: Finite | None = Field(default=None, gt=0)
    either: int | str | None = None
    options: dict[str, str] = Field(default_factory=lambda: {"title": "kept"})


class SomeAnswer(Answer):
    """What was done."""

    status: Literal["ok"]
    result: Fix | None = Field(default=None, description="What was done.")


SOME = Tool(name="do_it", title="Do it", ask=SomeAsk, answer=SomeAnswer, work="nowhere:run")


def test_a_model_inside_a_model_is_written_in_place_and_its_null_is_a_type() -> None:
    fix = lean_schema(SomeAsk, "validation")["properties"]["fix"]

    assert fix == {
        "type": ["object", "null"],
        "additionalProperties": False,
        "default": None,
        "description": "How.",
        "properties": {
            "title": {"type": "string", "description": "A field that is called as a keyword is."},
            "kind": {"type": ["string", "null"], "enum": ["safe", "unsafe", None], "default": None},
        },
        "required": ["title"],
    }


def test_a_bound_stays_with_a_number_that_may_be_null() -> None:
    limit = lean_schema(SomeAsk, "validation")["properties"]["limit_s"]

    assert limit == {"type": ["number", "null"], "exclusiveMinimum": 0, "default": None}


def test_a_true_union_stays_a_union() -> None:
    either = lean_schema(SomeAsk, "validation")["properties"]["either"]

    assert [option["type"] for option in either["anyOf"]] == ["integer", "string", "null"]


def test_a_model_that_contains_itself_is_refused() -> None:
    with pytest.raises(TypeError, match="Node contains itself"):
        lean_schema(Node, "validation")


def test_the_input_is_closed_and_the_output_open() -> None:
    tool = describe(SOME)

    assert tool.input_schema["additionalProperties"] is False
    assert "additionalProperties" not in str(tool.output_schema)


def test_the_output_holds_the_whole_envelope_and_may_be_running() -> None:
    schema = output_schema(SOME)

    assert schema["required"] == [
        "artifacts",
        "next",
        "notes",
        "result",
        "run",
        "status",
        "summary",
    ]
    assert schema["properties"]["status"]["enum"] == ["ok", "running"]
    assert schema["properties"]["result"]["type"] == ["object", "null"]


def test_a_tool_that_runs_user_code_is_not_called_read_only() -> None:
    annotations = describe(SOME).annotations

    assert annotations is not None
    assert annotations.read_only_hint is False
    assert annotations.destructive_hint is False
    assert annotations.idempotent_hint is True
    assert annotations.open_world_hint is False
