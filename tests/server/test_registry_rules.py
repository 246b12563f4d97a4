"""server.json against the registry's rules for what is in it, by a validator of JSON schemas.

The rules are written here from the registry's own schema, as its repository has it with
2025-12-11 as the example; stricter in that a property which it does not name is refused.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jax_workbench.server.distribution_files import SERVER_SCHEMA, server_json

TEXT = {"type": "string", "minLength": 1}
VERSION = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\^~<>=*x]+$"}
VARIABLE: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "description": TEXT,
        "isRequired": {"type": "boolean"},
        "isSecret": {"type": "boolean"},
        "format": {"enum": ["string", "number", "boolean", "filepath"]},
        "value": {"type": "string"},
        "default": {"type": "string"},
        "placeholder": {"type": "string"},
        "choices": {"type": "array", "items": {"type": "string"}},
    },
}
PACKAGE: dict[str, Any] = {
    "type": "object",
    "required": ["registryType", "identifier", "transport"],
    "additionalProperties": False,
    "properties": {
        "registryType": {"enum": ["npm", "pypi", "cargo", "oci", "nuget", "mcpb"]},
        "identifier": TEXT,
        "version": {**VERSION, "not": {"const": "latest"}},
        "runtimeHint": TEXT,
        "transport": {
            "type": "object",
            "required": ["type"],
            "additionalProperties": False,
            "properties": {"type": {"const": "stdio"}},
        },
        "environmentVariables": {"type": "array", "items": VARIABLE},
    },
}
RULES: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "name", "description", "version"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": SERVER_SCHEMA},
        "name": {
            "type": "string",
            "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$",
            "minLength": 3,
            "maxLength": 200,
        },
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": VERSION,
        "packages": {"type": "array", "items": PACKAGE},
    },
}
VALIDATOR = Draft202012Validator(RULES)


def faults_of(described: dict[str, Any]) -> list[str]:
    return [str(error.json_path) for error in VALIDATOR.iter_errors(described)]


def test_the_rules_are_a_schema() -> None:
    Draft202012Validator.check_schema(RULES)


def test_the_registry_takes_what_is_written() -> None:
    assert faults_of(json.loads(server_json())) == []


def test_what_it_must_have_is_missed() -> None:
    for place in ("version", "packages/0/transport", "packages/0/environmentVariables/0/name"):
        spoilt = json.loads(server_json())
        *above, name = place.split("/")
        del part_at(spoilt, above)[name]

        assert faults_of(spoilt) == [".".join(["$", *above]).replace(".0", "[0]")]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("name", "jax-workbench"),
        ("description", "x" * 101),
        ("version", ">=0.1"),
        ("packages/0/version", "latest"),
        ("packages/0/environmentVariables/0/format", "directory"),
        ("packages/0/environmentVariables/0/default", 2048),
    ],
)
def test_what_it_refuses_is_found_in_its_place(place: str, value: Any) -> None:
    spoilt = json.loads(server_json())
    *above, name = place.split("/")
    part_at(spoilt, above)[name] = value

    assert faults_of(spoilt) == [".".join(["$", *above, name]).replace(".0", "[0]")]


def test_a_name_that_it_does_not_know_is_found() -> None:
    spoilt = json.loads(server_json())
    spoilt["packages"][0]["runtime_hint"] = "uvx"

    assert faults_of(spoilt) == ["$.packages[0]"]


def part_at(described: dict[str, Any], above: Sequence[str]) -> Any:
    part: Any = described
    for step in above:
        part = part[int(step) if step.isdigit() else step]
    return part
