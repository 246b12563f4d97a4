"""What registries and installers read is what the package, its settings and its image say."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.server.client_configs import show_config
from jax_workbench.server.distribution_files import (
    ASKED,
    FILES,
    REGISTRY_NAME,
    mcpb_manifest,
    server_json,
)
from jax_workbench.server.settings import Settings
from jax_workbench.tools.catalog import ALL_TOOLS

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SERVER: dict[str, Any] = json.loads(server_json())
MANIFEST: dict[str, Any] = json.loads(mcpb_manifest())


@pytest.mark.parametrize("file", [SERVER, MANIFEST, *SERVER["packages"]])
def test_version_and_description_are_those_of_the_project(file: dict[str, Any]) -> None:
    assert file["version"] == PROJECT["version"]
    assert file.get("description", PROJECT["description"]) == PROJECT["description"]


def test_the_names_are_those_of_the_project_and_of_its_command() -> None:
    (package,) = SERVER["packages"]
    *_, command, word = MANIFEST["server"]["mcp_config"]["args"]

    assert package["identifier"] == MANIFEST["name"] == PROJECT["name"]
    assert command in PROJECT["scripts"]
    assert word == "serve"
    assert (ROOT / MANIFEST["server"]["entry_point"]).is_file()
    assert MANIFEST["license"] == PROJECT["license"]
    assert MANIFEST["compatibility"]["runtimes"]["python"] == PROJECT["requires-python"]


def test_the_readme_and_the_image_prove_whose_the_registry_name_is() -> None:
    labels = dict(re.findall(r'([\w.]+)="([^"]*)"', (ROOT / "Dockerfile").read_text("utf-8")))

    assert SERVER["name"] == REGISTRY_NAME
    assert labels["io.modelcontextprotocol.server.name"] == REGISTRY_NAME
    assert labels["org.opencontainers.image.description"] == PROJECT["description"]
    assert f"<!-- mcp-name: {REGISTRY_NAME} -->" in (ROOT / "README.md").read_text("utf-8")


def test_the_registry_refuses_a_longer_description() -> None:
    assert 0 < len(SERVER["description"]) <= 100


def test_each_setting_that_is_asked_for_is_one_that_the_server_reads_with_that_default() -> None:
    asked = {name: str(what["default"]) for name, what in MANIFEST["user_config"].items()}
    env = {
        name: re.sub(r"\$\{user_config\.(\w+)\}", lambda found: asked[found[1]], value)
        for name, value in MANIFEST["server"]["mcp_config"]["env"].items()
    }

    assert asked.keys() <= {field.name for field in fields(Settings)}
    assert Settings.read({}, env) == Settings()
    assert len(env) == len(ASKED)


def test_each_variable_of_the_registry_has_a_default_and_choices_that_the_server_takes() -> None:
    (package,) = SERVER["packages"]
    for variable in package["environmentVariables"]:
        default = variable.get("default", "")
        for value in (default, *variable.get("choices", ())):
            Settings.read({}, {variable["name"]: value})
        assert Settings.read({}, {variable["name"]: default}) == Settings()


def test_the_manifest_names_exactly_the_tools_of_the_catalog() -> None:
    assert [tool["name"] for tool in MANIFEST["tools"]] == [tool.name for tool in ALL_TOOLS]


@pytest.mark.parametrize("name", FILES)
def test_what_is_written_is_what_is_printed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_config(name, Settings()) == 0
    assert show_config(name, Settings(), tmp_path / "file.json") == 0

    assert (tmp_path / "file.json").read_text("utf-8") == capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_config("mcpb", Settings(), tmp_path) == 2

    assert str(tmp_path) in capsys.readouterr().err
