"""The page that shows answers, inside a host made of the Apps extension's own AppBridge.

    script/apps-bridge

Every recorded answer is handed over in headless Chromium: the handshake, the input, the result, the
size that the page tells, the theme, the end. The bridge checks each message against its schemas.
"""

import json
import sys
from pathlib import Path
from typing import Any

from jax_workbench.server.apps import page
from jax_workbench.tools.catalog import ALL_TOOLS
from tests.chromium import Page, chromium, opened
from tests.server.view_page import ANSWERS, PAINTED, record, text_of

HERE = Path(__file__).parent
RECORD = HERE.parent / "records" / "apps_bridge.txt"
HOST = HERE / "apps_bridge.html"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def main(version: str) -> None:
    """Show each answer, check what came back, write the record."""
    browser = chromium()
    if browser is None:
        sys.stdout.write("skipped: no Chromium is installed\n")
        return
    lines = [f"AppBridge of ext-apps {version}"]
    with opened(browser, HOST.as_uri()) as host:
        host.resize(900, 800)
        lines += [shown(host, name) for name in ANSWERS]
        lines.append(turned_dark(host))
        lines.append(f"the end of the page: answered {json.dumps(host.run('tearDown()'))}")
    text = "\n".join(lines) + "\n"
    RECORD.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def shown(host: Page, name: str) -> str:
    """One recorded answer. Raises AssertionError where the page or the bridge is not content."""
    said = record(name)
    given = (page(ALL_TOOLS), said["arguments"], said["result"], {"theme": "light"})
    told: dict[str, Any] = host.run(f"show({', '.join(map(json.dumps, given))})")
    for _ in range(3):  # It tells its size anew as its charts are drawn.
        host.run(PAINTED)
    inside = host.inside()
    result = said["result"]
    first = (
        result["structuredContent"]["summary"]
        if "structuredContent" in result
        else result["content"][0]["text"].partition("\n")[0]
    )
    check(told["app"]["name"] == "jax-workbench", f"{name}: {told}")
    check(first in text_of(host, inside), f"{name}: the answer's first words are not shown")
    wrong = [entry for entry in host.run("heardOf()") if entry[0] == "error"]
    check(not wrong, f"{name}: the bridge refused {wrong}")
    # The bridge tells every message to the console, for those who look for faults.
    complaints = [said for said in host.complaints() if '"type": "debug"' not in said]
    check(not complaints, f"{name}: {complaints}")
    height = host.run("document.querySelector('iframe').style.height")
    return f"{name}: handed over, {height} high"


def turned_dark(host: Page) -> str:
    """The page follows the host's theme."""
    light = host.run(BACKGROUND, host.inside())
    host.run("turnDark()")
    host.run(PAINTED)
    dark = host.run(BACKGROUND, host.inside())
    check(light != dark, f"the theme changed, and the background stayed {light}")
    return f"the theme: {light}, then {dark}"


def check(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - a sentence at each call
    """Raise AssertionError unless it is so."""
    if not is_so:
        raise AssertionError(otherwise)


if __name__ == "__main__":
    main(sys.argv[1])
