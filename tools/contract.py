"""What every tool is made of. Light on purpose: the server imports this, so no JAX here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A float that JSON can carry. Use `Finite | None` where a number may not exist, and say why."""

type Lane = Literal["shared", "measuring"]
"""A measuring job has the cores and the device to itself; shared jobs run side by side."""


class Part(BaseModel):
    """Base of everything that crosses a process border: strict about its names, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ask(Part):
    """Arguments of a tool. Unknown arguments are refused, so a typing slip is never ignored."""


def without_lower_bounds(schema: dict[str, Any]) -> None:
    """Leave bounds that nobody meets to the check: clients pay for each byte of the list."""
    for keyword in ("minimum", "exclusiveMinimum", "exclusiveMaximum"):
        schema.pop(keyword, None)


class RunsCode(Ask):
    """The optional arguments of every tool that runs code."""

    timeout_s: float = Field(
        default=60,
        gt=0,
        le=600,
        allow_inf_nan=False,
        description="Wall limit.",
        json_schema_extra=without_lower_bounds,
    )
    x64: bool = Field(default=False, description="64-bit numbers.")
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,
        description="Of the RNGs.",
        json_schema_extra=without_lower_bounds,
    )


class Note(Part):
    """Something the reader of an answer must know, by a code that never changes."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Literal["info", "warning"]
    text: str


class Next(Part):
    """A call that would help now, and why."""

    tool: str
    why: str
    arguments: dict[str, Any] | None = None


class Answer(Part):
    """What a tool says; the server adds `artifacts` and `run` to make the envelope.

    A tool narrows `status` to its own words (and "running") and `result` to its own model.
    """

    # Any: a mutable str or Part could not be narrowed without a complaint of the type checker.
    status: Any
    summary: str = Field(description="One sentence with the numbers.")
    result: Any = None
    notes: tuple[Note, ...] = ()
    next: tuple[Next, ...] = Field(default=(), max_length=3)


class Job(Protocol):
    """What `work.run(ask, job)` may use, inside the worker."""

    @property
    def blobs(self) -> Mapping[str, bytes]:
        """What the plan handed over, by name."""
        ...

    def progress(self, message: str) -> None:
        """Say what is being done; rate-limited, cheap, never fails."""
        ...

    def save(self, name: str, content: bytes, mime_type: str) -> None:
        """Hand out bytes: an artifact of the run, or a blob for the plan's next job."""
        ...


class LongJob(Job, Protocol):
    """What long work may use besides, so that not all is lost where it is ended."""

    def draft(self, name: str, content: bytes, mime_type: str) -> None:
        """Leave an artifact that is kept only if the job is ended before it answers.

        A later draft takes the place of an earlier one.
        """
        ...


@dataclass(frozen=True)
class Shape:
    """What a worker must be before its backend starts; the default shape is there at once."""

    n_cores: int = 0
    """Pinned to that many cores; 0 means all."""
    devices: int = 1
    """Simulated host devices."""


@dataclass(frozen=True)
class Measured:
    """What the host saw of one job; never what the job says of itself."""

    wall_s: float
    queue_s: float
    cpu_s: float
    peak_rss_mib: float
    device: str
    platform: str


@dataclass(frozen=True)
class Saved:
    """Bytes that a job handed out with `Job.save`; untrusted."""

    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True)
class JobResult:
    """What came back of one job: its value (untrusted JSON), its bytes, its output, the facts."""

    value: dict[str, Any]
    saved: tuple[Saved, ...]
    stdout: str
    stderr: str
    stdout_truncated: bool
    stderr_truncated: bool
    measured: Measured

    def blob(self, name: str) -> bytes | None:
        """The bytes saved under `name`, or None."""
        return next((s.content for s in self.saved if s.name == name), None)


class Jobs(Protocol):
    """What `plan(ask, jobs)` may use, in the server. Raises ToolError where a job gave no value."""

    inputs: Mapping[str, bytes]
    """The call's `files`, by base name."""

    async def run(  # noqa: PLR0913 - each of these is one fact about the job
        self,
        work: str,
        argument: Mapping[str, Any],
        *,
        blobs: Mapping[str, bytes] | None = None,
        lane: Lane = "shared",
        shape: Shape | None = None,
        x64: bool = False,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> JobResult:
        """Run `work(argument, job) -> dict` in a worker of its own.

        `timeout_s` narrows what is left of the call's own limit, never widens it.
        """
        ...

    def left_s(self) -> float:
        """Wall seconds that this call has left, queueing not counted."""
        ...

    def progress(self, message: str) -> None:
        """Say what is being done."""
        ...

    def keep(self, saved: Saved) -> str:
        """Make `saved` an artifact of the run; returns its URI."""
        ...


@dataclass(frozen=True)
class Tool[A: Ask, R: Answer]:
    """One tool: what it is called, what goes in, what comes out, and where the work is done.

    Either `work` (run in a worker as `run(ask, job) -> answer`) or `plan` (run in the server as
    `await plan(ask, jobs) -> answer`, starts jobs through its handle) is set, as
    "module:function"; neither for the tools that the server answers itself.
    """

    name: str
    title: str
    ask: type[A]
    answer: type[R]
    work: str = ""
    plan: str = ""
    runs_user_code: bool = True
    lane: Lane = "shared"
    reuses_compiled: bool = False
    """Its jobs find what earlier jobs of the same client compiled, and leave theirs. Not where
    compilation is measured, nor where one job judges what another one's code does."""
    stored_arguments: tuple[str, ...] = ()
    """Arguments whose text may be the URI of a run's file, which is then read like `files`."""
    bad_statuses: frozenset[str] = field(default_factory=frozenset[str])
    """Statuses for which a CI bot should exit non-zero."""

    @property
    def description(self) -> str:
        """What the model reads when it chooses a tool: the docstring of `ask`."""
        return cleandoc(self.ask.__doc__ or "")
