"""A pool in which nothing runs, a tool to run in it, and a server around both."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import anyio
import pytest
from mcp.server import Server
from pydantic import Field

from jax_workbench.sandbox.policy import Blob, JobSpec, Measured, Outcome, PoolStatus
from jax_workbench.server.app import build_server
from jax_workbench.server.jobs import JobBook
from jax_workbench.server.run_store import RunStore
from jax_workbench.server.settings import Settings
from jax_workbench.tools import cancel_job, get_job
from jax_workbench.tools.contract import Answer, Finite, Part, RunsCode, Tool
from tests.chromium import Page, chromium, opened
from tests.server.view_page import HOST, WIDE

MEASURED = Measured(
    wall_s=0.5, queue_s=0.25, cpu_s=0.4, peak_rss_mib=100.0, device="fake", platform="cpu"
)

type Behaviour = Callable[[JobSpec, Callable[[str], None]], Awaitable[Mapping[str, Any]]]


class EchoAsk(RunsCode):
    """Say the code back.

    A tool for these tests.
    """

    code: str = Field(description="What to say.", max_length=1000)
    sizes: tuple[int, ...] = Field(default=(), description="Some numbers.")
    files: tuple[str, ...] = Field(default=(), description="Some files.")


class EchoResult(Part):
    """What was said."""

    said: str
    number: Finite | None = None


class EchoAnswer(Answer):
    """The code, said back."""

    status: Literal["ok", "warn", "running"]
    result: EchoResult | None = None


ECHO = Tool(
    name="echo_code",
    title="Echo",
    ask=EchoAsk,
    answer=EchoAnswer,
    work="jax_workbench.tools.nowhere:run",
    stored_arguments=("code",),
)
TOOLS: tuple[Tool[Any, Any], ...] = (ECHO, get_job.TOOL, cancel_job.TOOL)


def echo(said: str = "hello", **more: Any) -> dict[str, Any]:
    """The value of a job that answers well."""
    answer = {"status": "ok", "summary": f"It said {said}.", "result": {"said": said}, **more}
    return {"value": answer}


async def echo_at_once(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
    """Answer well, at once."""
    return echo()


@dataclass
class FakePool:
    """Behaves as it is told; counts what it was asked."""

    behave: Behaviour = echo_at_once
    saved: tuple[Any, ...] = ()
    drafts: tuple[Blob, ...] = ()
    stdout: str = ""
    stderr: str = ""
    tier: Any = "full"
    problem: str = ""
    specs: list[JobSpec] = field(default_factory=list[JobSpec])
    is_entered: bool = False
    n_killed: int = 0
    killed: anyio.Event = field(default_factory=anyio.Event)

    async def __aenter__(self) -> Self:
        """Note that it was entered."""
        self.is_entered = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Note that it was left."""
        self.is_entered = False

    async def run(
        self,
        spec: JobSpec,
        *,
        on_progress: Callable[[str], None] = lambda _message: None,
        on_queue: Callable[[int], None] = lambda _place: None,
        on_draft: Callable[[Blob], None] = lambda _draft: None,
    ) -> Outcome:
        """Leave the drafts, then do what `behave` does."""
        self.specs.append(spec)
        on_queue(0)
        for draft in self.drafts:
            on_draft(draft)
        try:
            value = await self.behave(spec, on_progress)
        except anyio.get_cancelled_exc_class():
            self.n_killed += 1
            self.killed.set()
            raise
        return Outcome({**value}, self.saved, self.stdout, self.stderr, False, False, MEASURED)

    def status(self) -> PoolStatus:
        """Say that all is well."""
        return PoolStatus(self.tier, self.problem, "", True, 1, 0, 0, "fake", "cpu", 2, 2048)


@dataclass
class Held:
    """A behaviour that waits until it is let go."""

    started: anyio.Event = field(default_factory=anyio.Event)
    let_go: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(
        self, _spec: JobSpec, on_progress: Callable[[str], None]
    ) -> Mapping[str, Any]:
        """Say that it waits, then wait."""
        on_progress("waiting")
        self.started.set()
        await self.let_go.wait()
        return echo()


type MakeServer = Callable[..., Server[None]]


@pytest.fixture
def make_server(tmp_path: Path) -> MakeServer:
    """Build a server around a fake pool; keywords are settings."""
    state: Any = tmp_path / "state"

    def make(pool: FakePool, **settings: Any) -> Server[None]:
        chosen = Settings(**{"state_dir": state, **settings})
        jobs = JobBook(max_unfinished=chosen.max_unfinished)
        return build_server(TOOLS, pool, chosen, RunStore.open(chosen), jobs)

    return make


@pytest.fixture(params=["legacy", "auto"], ids=["2025-11-25", "2026-07-28"])
def mode(request: pytest.FixtureRequest) -> str:
    """Each era of the protocol."""
    return request.param


@pytest.fixture(scope="module")
def browser() -> Generator[Page]:
    """One browser, whose page is a small host."""
    with opened(str(chromium()), HOST.as_uri()) as opened_page:
        yield opened_page


@pytest.fixture
def host(browser: Page) -> Page:
    """The host, wide and with nothing reported yet."""
    browser.resize(WIDE, 800)
    browser.events.clear()
    return browser
