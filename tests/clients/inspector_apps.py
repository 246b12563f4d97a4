"""The page that shows answers, in the inspector's web client, a host that is not ours.

    script/inspector-apps

Headless Chromium connects the inspector to a server over stdio, and opens the page for a call of
every tool that takes code or data, by what a person would press. What the page shows is read from
its frame; one picture is kept beside the record.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.chromium import Page, chromium, opened
from tests.clients.calls import EVERY_TOOL, Call
from tests.clients.loopback import free_port, wait_until

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "records" / "inspector_apps.txt"
PICTURE = RECORD.with_suffix(".png")
PICTURED = "fit_curve"
TITLES = {
    "run_jax_code": "Run JAX code",
    "lint_jax_code": "Lint JAX code",
    "benchmark_fn": "Benchmark JAX functions",
    "check_gradients": "Check gradients",
    "fit_curve": "Fit a curve",
    "run_mcmc": "Sample a posterior",
    "train_tiny_model": "Train a tiny model",
}
LIMIT_S = 200
PRESS = """(() => {
    const wanted = %s;
    const found = [...document.querySelectorAll("button, label, input")].find(e =>
        e.innerText?.split("\\n")[0] === wanted || e.getAttribute("aria-label") === wanted
        || e.labels?.[0]?.innerText === wanted);
    found?.click();
    return Boolean(found);
})()"""
FOCUS = "document.querySelector('textarea').focus()"
CONTROL, A = 2, {"key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65}
PAUSE = "new Promise(done => setTimeout(done, 250))"


def main() -> None:
    """Open the page for each call, check what it shows, write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inspector", help="the program `mcp-inspector`")
    program: str = parser.parse_args().inspector
    browser = chromium()
    if browser is None:
        sys.stdout.write("skipped: no Chromium is installed\n")
        return
    said = subprocess.run([program, "--version"], capture_output=True, check=True)  # noqa: S603
    lines = [f"inspector {said.stdout.decode().split()[-1]}, web client"]
    with (
        tempfile.TemporaryDirectory(prefix="inspector-") as folder,
        served(program, Path(folder)) as url,
        opened(browser, "about:blank") as host,
    ):
        host.resize(1400, 1000)
        # Its page asks a public server for fonts.
        host.send("Network.setBlockedURLs", urls=["*googleapis*", "*gstatic*"])
        host.send("Page.navigate", url=url)
        pressed(host, 'Connect or disconnect "jax-workbench"')
        pressed(host, "Apps")
        firsts = {call.tool: call for call in reversed(EVERY_TOOL) if call.tool in TITLES}
        lines += [shown(host, firsts[tool]) for tool in TITLES]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(RECORD.read_text(encoding="utf-8"))


@contextmanager
def served(program: str, folder: Path) -> Generator[str]:
    """The web client's URL; it knows one server, and ends afterwards."""
    server = {"command": str(ROOT / ".venv" / "bin" / "jax-workbench"), "args": ["serve"]}
    known = folder / "servers.json"
    known.write_text(json.dumps({"mcpServers": {"jax-workbench": server}}), encoding="utf-8")
    port, sandbox = free_port(), free_port()
    settings = {
        "HOME": str(folder),
        "JAX_WORKBENCH_STATE_DIR": str(folder / "state"),
        "HOST": "127.0.0.1",
        "CLIENT_PORT": str(port),
        "MCP_SANDBOX_PORT": str(sandbox),
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_SECRET_STORE": "memory",
        "DANGEROUSLY_OMIT_AUTH": "true",  # loopback, for as long as this takes
    }
    command = [program, "--web", "--config", str(known)]
    url = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(  # noqa: S603 - the program that the caller named
        command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL
    ) as running:
        try:
            wait_until(lambda: answers(url), running)
            yield url
        finally:
            running.terminate()


def answers(url: str) -> bool:
    """Whether somebody serves it."""
    try:
        with urlopen(url, timeout=5):  # noqa: S310 - loopback
            return True
    except (URLError, OSError):
        return False


def pressed(host: Page, name: str) -> None:
    """Press what has this name or first line, once it is there. Raises TimeoutError."""
    ends = time.monotonic() + LIMIT_S
    while not host.run(PRESS % json.dumps(name)):
        if time.monotonic() > ends:
            raise TimeoutError(f"There is no {name!r} to press.")
        host.run(PAUSE)
    host.run(PAUSE)


def shown(host: Page, call: Call) -> str:
    """What the page shows of one call. Raises TimeoutError where its status does not appear."""
    pressed(host, TITLES[call.tool])
    pressed(host, "Edit as JSON")
    host.run(FOCUS)
    for kind in ("rawKeyDown", "keyUp"):  # all of what stands there is replaced
        host.send("Input.dispatchKeyEvent", type=kind, modifiers=CONTROL, **A)
    host.send("Input.insertText", text=json.dumps(call.arguments))
    host.run(PAUSE)
    pressed(host, "Open App")
    ends = time.monotonic() + LIMIT_S
    while not (status := status_of(text := text_of_page(host), call)):
        if time.monotonic() > ends:
            raise TimeoutError(f"{call.tool}: none of {call.right} is shown, but {text[:300]!r}")
        host.run(PAUSE)
    if call.tool == PICTURED:
        PICTURE.write_bytes(host.screenshot())
    pressed(host, "Close")
    return f"{call.tool}: {status}, {len(text.splitlines())} lines"


def status_of(text: str, call: Call) -> str:
    """The right status that a page of this tool shows; empty where it shows none."""
    if TITLES[call.tool] not in text:  # the page of the call before
        return ""
    return next((status for status in call.right if f"{status}\n" in text), "")


def text_of_page(host: Page) -> str:
    """Text of the innermost frame; empty while there is none."""
    at = host.send("Page.getFrameTree")["frameTree"]
    depth = 0
    while frames := at.get("childFrames"):
        at, depth = frames[0], depth + 1
    if depth < 2:
        return ""
    try:
        world = host.send("Page.createIsolatedWorld", frameId=at["frame"]["id"])
        return host.run("document.body?.innerText ?? ''", world["executionContextId"])
    except RuntimeError:  # the frame has been replaced meanwhile
        return ""


if __name__ == "__main__":
    main()
