"""The page that shows answers, inside a small host in headless Chromium. For tests only."""

import json
from pathlib import Path
from typing import Any

from jax_workbench.server.apps import page
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.chromium import Page

HERE = Path(__file__).parent
HOST = HERE / "view_host.html"
ANSWERS = {path.stem: path for path in sorted((HERE / "answers").glob("*.json"))}
NARROW, WIDE = 360, 900
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def record(name: str) -> dict[str, Any]:
    """A recorded call and its result."""
    return json.loads(ANSWERS[name].read_text(encoding="utf-8"))


def load(host: Page, **setting: Any) -> None:
    """Load the page into the host's frame, with nothing to show yet."""
    host.run(f"load({json.dumps(page(ALL_TOOLS))}, {json.dumps(setting)})")


def show(host: Page, name: str, **setting: Any) -> int:
    """Show a recorded answer; returns the context of the view's document."""
    said = record(name)
    load(host, **setting)
    host.run(f"deliver({json.dumps(said['arguments'])}, {json.dumps(said['result'])})")
    host.run(PAINTED)
    return host.inside()


def text_of(host: Page, inside: int) -> str:
    """What is read on the page."""
    return host.run("document.body.innerText", inside)
