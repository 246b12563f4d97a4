"""Starts the conformance application, runs the suite against it, and writes down how it went."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
RECORD = HERE.parent / "records" / "conformance.txt"
SUITE = HERE / "node_modules" / "conformance" / "dist" / "index.js"
STARTING_S = 30
RUNS = {
    "2026-07-28, the required scenarios": ["--requirements", "2026-07-28"],
    "2025-11-25, all scenarios": ["--suite", "all", "--spec-version", "2025-11-25"],
}
SINGLE = {
    "more of 2026-07-28, on HTTP headers": (
        "http-header-validation",
        "http-custom-header-server-validation",
    ),
    "extensions of 2026-07-28, skills and tasks": (
        "sep-2640-skills-directory",
        "sep-2640-skills-enumeration",
        "sep-2640-skills-manifest",
        "tasks-lifecycle",
        "tasks-capability-negotiation",
        "tasks-wire-fields",
        "tasks-request-state-removal",
        "tasks-request-headers",
        "tasks-required-task-error",
        "tasks-dispatch-and-envelope",
        "tasks-mrtr-input",
        "tasks-mrtr-composition",
    ),
}
"""Each runs on its own. Left out: tasks-status-notifications, which the suite itself skips. What a
task asks its caller (mrtr) is the fixtures' own: no tool of ours asks anything."""
PASSED = re.compile(r"^Passed: (\d+)/(\d+), (\d+) failed", re.MULTILINE)
LINE = re.compile(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed")
NOT_SCORED = re.compile(r"^  [✓✗] (\S+) \((\w+)\)")


def main() -> None:
    """Run both revisions and the single scenarios; exit with 1 where what counts has failed."""
    failed: list[str] = []
    said: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, running_app(Path(scratch)) as url:
        for title, options in RUNS.items():
            lines, bad = outcome(run_suite(url, options, Path(scratch)))
            said += [f"# {title}", *lines, ""]
            failed += bad
        for title, names in SINGLE.items():
            said.append(f"# {title}")
            for name in names:
                line, is_bad = scenario(name, run_suite(url, ["--scenario", name], Path(scratch)))
                said.append(line)
                failed += [name] if is_bad else []
            said.append("")
    text = "\n".join(said)
    sys.stdout.write(text)
    RECORD.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    sys.exit(1 if failed else 0)


@contextmanager
def running_app(scratch: Path) -> Generator[str]:
    """The application on a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "JAX_WORKBENCH_STATE_DIR": str(scratch / "state")}
    command = [sys.executable, str(HERE.parent / "conformance_app.py"), f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=env) as app:  # noqa: S603
        try:
            wait_for(port)
            yield f"http://localhost:{port}/mcp"
        finally:
            app.terminate()


def wait_for(port: int) -> None:
    """Wait until something listens. Raises TimeoutError."""
    deadline = time.monotonic() + STARTING_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Nothing listens at port {port}.") from None
            time.sleep(0.1)
        else:
            return


def run_suite(url: str, options: list[str], scratch: Path) -> str:
    """What the suite prints."""
    node = shutil.which("node")
    assert node, "run script/conformance: it brings Node"
    command = [node, str(SUITE), "server", "--url", url, "-o", str(scratch / "results"), *options]
    done = subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.decode()


def outcome(printed: str) -> tuple[list[str], list[str]]:
    """One line a scenario that counts and a last one with the sums; and the failed scenarios."""
    summary = printed.partition("=== SUMMARY ===")[2]
    if not summary:
        raise RuntimeError(f"The suite gave no summary:\n{printed[-2000:]}")
    spared = {match[1] for line in summary.splitlines() if (match := NOT_SCORED.match(line))}
    lines: list[str] = []
    failed: list[str] = []
    n_passed = n_failed = 0
    for match in filter(None, map(LINE.match, summary.splitlines())):
        name, passed, bad = match[1], int(match[2]), int(match[3])
        if name in spared:
            continue
        lines.append(f"{name}: {passed} of {passed + bad} checks")
        n_passed, n_failed = n_passed + passed, n_failed + bad
        failed += [name] if bad else []
    n_good = len(lines) - len(failed)
    lines.append(f"{n_good} of {len(lines)} scenarios, {n_passed} of {n_passed + n_failed} checks")
    return lines, failed


def scenario(name: str, printed: str) -> tuple[str, bool]:
    """One line on a scenario that ran on its own, and whether it failed."""
    found = PASSED.search(printed)
    if not found:
        raise RuntimeError(f"{name} gave no result:\n{printed[-2000:]}")
    return f"{name}: {found[1]} of {found[2]} checks", int(found[3]) > 0


if __name__ == "__main__":
    main()
