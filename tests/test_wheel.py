"""The wheel as a user gets it: everything in it, and working with whatever versions are newest."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from mcp import Client, StdioServerParameters

from jax_workbench.tools.catalog import ALL_TOOLS

ROOT = Path(__file__).parents[1]
FOLDERS = ("server", "tools", "sandbox")


def run(*command: str | Path) -> None:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(command, cwd=ROOT, env=env, check=True)  # noqa: S603


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_every_file_of_the_three_folders(wheel: Path) -> None:
    here = {
        f"jax_workbench/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert packed == here


@pytest.mark.slow
@pytest.mark.anyio
async def test_wheel_installed_unpinned_starts_and_runs_code(wheel: Path, tmp_path: Path) -> None:
    """Newest versions of everything: what a user's `pip install` takes today."""
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv)
    run(venv / "bin" / "python", "-m", "pip", "install", "-qq", wheel)
    server = StdioServerParameters(
        command=str(venv / "bin" / "jax-workbench"), args=["serve"], cwd=tmp_path
    )

    with anyio.fail_after(300):
        async with Client(server) as client:
            listed = await client.list_tools()
            got = await client.call_tool(
                "run_jax_code",
                {"code": "import jax.numpy as jnp\nfloat(jnp.arange(4.0).sum())", "timeout_s": 120},
            )

    assert {tool.name for tool in listed.tools} == {tool.name for tool in ALL_TOOLS}
    assert not got.is_error, got.content
    answer = cast("dict[str, Any]", got.structured_content)
    assert answer["result"]["value"] == 6.0
    assert answer["run"]["sandbox"]["tier"] == "full"
