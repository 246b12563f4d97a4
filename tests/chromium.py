"""A headless Chromium, driven over a pipe by its DevTools protocol. For tests only."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # it would not start as root; it only ever opens the test's own page
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-features=IsolateSandboxedIframes",
    "--disable-site-isolation-trials",  # so that one session reaches the frame
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--no-first-run",
)
ENDING = b"\0"
SILENCE_S = 30
"""After so long without a word from the browser a test fails instead of waiting on."""


def chromium() -> str | None:
    """Where Chromium is installed, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One open page; what the browser reported about it is in `events`."""

    def __init__(self, commands: int, answers: int, url: str) -> None:
        """Open `url`; file descriptors of the browser's pipe."""
        self._commands, self._answers = commands, answers
        self._received = b""
        self._last_id = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Give one command. Raises RuntimeError where the browser refuses it."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + ENDING)
        while True:
            said = self._read()
            if said.get("id") == self._last_id:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                return said["result"]
            self.events.append(said)

    def wait_for(self, method: str) -> None:
        """Read until the browser reports `method`."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._read())

    def _read(self) -> dict[str, Any]:
        while ENDING not in self._received:
            readable, _, _ = select.select([self._answers], [], [], SILENCE_S)
            part = os.read(self._answers, 1 << 16) if readable else b""
            if not part:
                raise RuntimeError("Chromium has ended, or says nothing more.")
            self._received += part
        message, _, self._received = self._received.partition(ENDING)
        return json.loads(message)

    def run(self, script: str, context: int | None = None) -> Any:
        """The value of a script, a promise awaited. Raises RuntimeError where it throws."""
        where = {} if context is None else {"contextId": context}
        done = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, **where
        )
        if "exceptionDetails" in done:
            raise RuntimeError(json.dumps(done["exceptionDetails"])[:2000])
        return done["result"].get("value")

    def frame(self) -> str:
        """The id of the page's one frame."""
        tree = self.send("Page.getFrameTree")["frameTree"]
        return tree["childFrames"][0]["frame"]["id"]

    def inside(self) -> int:
        """A context in which scripts see the frame's document."""
        made = self.send("Page.createIsolatedWorld", frameId=self.frame())
        return made["executionContextId"]

    def press(self, key: str) -> None:
        """Press and release a key, on what has the focus."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def resize(self, width: int, height: int) -> None:
        """Set the window's inner size in pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot")["data"])

    def complaints(self) -> list[str]:
        """What the browser reported as wrong: exceptions, refusals by the policy, console."""
        wrong = {"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"}
        return [json.dumps(event) for event in self.events if event.get("method") in wrong]

    def requests(self) -> list[str]:
        """The URLs that were asked for, but for the page itself and what it holds inline."""
        sent = [e for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        urls = [event["params"]["request"]["url"] for event in sent]
        return [url for url in urls if not url.startswith(("file:", "data:", "about:"))]


@contextmanager
def opened(program: str, url: str) -> Generator[Page]:
    """Start the browser with a profile of its own and open `url`; ends it afterwards."""
    with ExitStack() as stack:
        profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        from_us, commands = os.pipe()
        answers, to_us = os.pipe()
        shell = f'exec "$@" 3<&{from_us} 4>&{to_us}'
        options = [*OPTIONS, f"--user-data-dir={Path(profile) / 'chromium'}", "about:blank"]
        browser = subprocess.Popen(  # noqa: S603
            ["bash", "-c", shell, "bash", program, *options],  # noqa: S607
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(browser.wait)
        stack.callback(browser.kill)
        for descriptor in (from_us, to_us):
            os.close(descriptor)
        stack.callback(os.close, commands)
        stack.callback(os.close, answers)
        yield Page(commands, answers, url)
