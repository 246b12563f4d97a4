"""What import-linter cannot see: what is loaded when the server really runs."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.tools.catalog import ALL_TOOLS
from jax_workbench.tools.contract import Tool

ROOT = Path(__file__).parents[1]


def loaded_after(code: str) -> set[str]:
    """The top-level modules of a fresh interpreter after `code`."""
    show = "import json, sys; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy_modules() -> set[str]:
    """What the import contracts keep out of the server."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (server,) = [c for c in contracts if c["name"].startswith("the server process never imports")]
    return set(server["forbidden_modules"])


def test_the_server_with_every_face_and_every_plan_loads_nothing_heavy() -> None:
    plans = [tool.plan.partition(":")[0] for tool in ALL_TOOLS if tool.plan]
    code = "\n".join(f"import {module}" for module in ["jax_workbench.server.__main__", *plans])

    loaded = loaded_after(code)

    assert loaded & heavy_modules() == set()
    assert {"mcp", "pydantic"} <= loaded


def test_the_check_above_would_see_jax() -> None:
    assert "jax" in loaded_after("import jax") & heavy_modules()


@pytest.mark.parametrize("tool", ALL_TOOLS, ids=lambda tool: tool.name)
def test_a_face_alone_is_light_and_knows_no_protocol(tool: Tool[Any, Any]) -> None:
    loaded = loaded_after(f"import jax_workbench.tools.{tool.name}")

    assert loaded & (heavy_modules() | {"mcp", "mcp_types"}) == set()
