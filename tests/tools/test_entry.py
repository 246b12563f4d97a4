import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools import entry
from jax_workbench.tools.common import compiled_before
from jax_workbench.tools.common.user_code import load_module
from jax_workbench.tools.contract import Answer, Ask, Job, Tool
from jax_workbench.tools.errors import ToolError

PLACE = "jax_workbench.tools.made_up_tool"
XlaError: type[RuntimeError] = cast("Any", jax.errors).JaxRuntimeError


@dataclass
class KeepingChannel:
    """Keeps what it is given."""

    blobs: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    kept_folder: str = ""
    said: list[str] = field(default_factory=list[str])
    saved: list[tuple[str, str, bytes]] = field(default_factory=list[tuple[str, str, bytes]])

    def progress(self, message: str) -> None:
        """Keep `message`."""
        self.said.append(message)

    def draft(self, name: str, mime_type: str, content: bytes) -> None:
        """Keep nothing: it is not ended early."""

    def save(self, name: str, mime_type: str, content: bytes) -> None:
        """Keep `content`."""
        self.saved.append((name, mime_type, content))


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    """Set back what a job sets."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    jax.config.update("jax_enable_x64", False)


type Work = Callable[[dict[str, Any], Job], Any]
type Answered = Callable[..., dict[str, Any]]


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Answered:
    """Run a function as the work of a tool."""

    def run(work: Work, channel: KeepingChannel | None = None, **options: Any) -> dict[str, Any]:
        module = ModuleType(PLACE)
        vars(module)["run"] = work
        monkeypatch.setitem(sys.modules, PLACE, module)
        argument = {"function": f"{PLACE}:run", "argument": {"a": 1}, "x64": False, "seed": 0}
        return entry.answer(argument | options, channel or KeepingChannel())

    return run


def raising(error: BaseException) -> Work:
    def work(_argument: dict[str, Any], _job: Job) -> Any:
        raise error

    return work


def test_the_works_value_is_the_answer(answered: Answered) -> None:
    def work(argument: dict[str, Any], _job: Job) -> dict[str, Any]:
        return argument | {"b": 2}

    assert answered(work) == {"value": {"a": 1, "b": 2}}


def test_a_job_reads_and_writes_its_channel(answered: Answered) -> None:
    channel = KeepingChannel(blobs={"in": b"1"})

    def work(_argument: dict[str, Any], job: Job) -> dict[str, Any]:
        job.progress("half-way")
        job.save("out", job.blobs["in"] + b"2", "text/plain")
        return {}

    answered(work, channel)

    assert channel.said == ["half-way"]
    assert channel.saved == [("out", "text/plain", b"12")]


def test_the_precision_is_the_calls(answered: Answered) -> None:
    def precision(_argument: dict[str, Any], _job: Job) -> dict[str, Any]:
        return {"dtype": jnp.arange(2.0).dtype.name}

    assert answered(precision, x64=True) == {"value": {"dtype": "float64"}}
    assert answered(precision, x64=False) == {"value": {"dtype": "float32"}}


def test_equal_seeds_give_equal_numbers(answered: Answered) -> None:
    def draw(_argument: dict[str, Any], _job: Job) -> list[float]:
        return [random.random(), np.random.rand()]  # noqa: NPY002, S311

    assert answered(draw, seed=7) == answered(draw, seed=7)
    assert answered(draw, seed=7) != answered(draw, seed=8)


def test_an_error_of_the_jobs_own_is_reported_in_three_parts(answered: Answered) -> None:
    assert answered(raising(ToolError("unsupported", "No.", "Yes."))) == {
        "error": {"code": "unsupported", "cause": "No.", "next_step": "Yes."}
    }


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room"),
        XlaError("RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes."),
    ],
)
def test_an_allocation_that_fails_is_out_of_memory(answered: Answered, error: Exception) -> None:
    got = answered(raising(error))["error"]

    assert got["code"] == "out_of_memory"
    assert str(error) in got["cause"]
    assert got["next_step"].startswith("Use smaller arrays")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("our fault"),
        XlaError("INTERNAL: our fault"),
        ToolError("timed_out", "our fault", "The host says that, not a job."),
    ],
)
def test_an_unexpected_error_is_internal_and_shown_on_stderr(
    answered: Answered, error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    got = answered(raising(error))["error"]

    assert got["code"] == "internal"
    assert "our fault" in got["cause"]
    assert "our fault" in capfd.readouterr().err


def test_an_error_that_comes_out_of_user_code_is_the_codes_own(answered: Answered) -> None:
    """As when an object of the user's is looked at after its code has run."""

    def work(_argument: dict[str, Any], _job: Job) -> Any:
        return load_module("def late():\n    return 1 / 0\n", "code").late()

    got = answered(work)["error"]

    assert got["code"] == "user_code_failed"
    assert got["cause"].startswith("ZeroDivisionError: division by zero\n")
    assert "line 2, in late\n    return 1 / 0" in got["cause"]


def test_what_is_no_exception_passes_through(answered: Answered) -> None:
    """The sandbox ends a job so that hands out too much."""
    with pytest.raises(KeyboardInterrupt):
        answered(raising(KeyboardInterrupt()))


def test_only_functions_of_the_tools_can_be_named(answered: Answered) -> None:
    got = answered(raising(ValueError()), function="os:system")

    assert got["error"]["code"] == "internal"
    assert "'os:system' is not in jax_workbench.tools." in got["error"]["cause"]


class DoubleAsk(Ask):
    """Double a number."""

    number: int


class DoubleAnswer(Answer):
    """A number, doubled."""

    status: Literal["ok", "running"]


def test_a_tool_without_a_plan_gets_its_ask_and_gives_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(ask: DoubleAsk, _job: Job) -> DoubleAnswer:
        return DoubleAnswer(status="ok", summary=f"Twice is {2 * ask.number}.")

    module = ModuleType(PLACE)
    tool = Tool("made_up_tool", "Double", DoubleAsk, DoubleAnswer, work=f"{PLACE}:run")
    vars(module).update(run=run, TOOL=tool)
    monkeypatch.setitem(sys.modules, PLACE, module)
    argument = {
        "function": "jax_workbench.tools.entry:answer_call",
        "argument": {"tool": "made_up_tool", "ask": {"number": 3}},
        "x64": False,
        "seed": 0,
    }

    got = entry.answer(argument, KeepingChannel())

    assert got["value"]["status"] == "ok"
    assert got["value"]["summary"] == "Twice is 6."


def test_an_answer_says_how_much_had_been_compiled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        compiled_before,
        "n_lookups",
        Counter({compiled_before.ASKED: 5, compiled_before.FOUND: 3}),
    )

    note = compiled_before.reused_programs()

    assert note is not None
    assert note.code == "compiled_before"
    assert note.text.startswith("3 of 5 programs")


def test_nothing_is_said_where_everything_was_compiled_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        compiled_before,
        "n_lookups",
        Counter({compiled_before.ASKED: 50, compiled_before.FOUND: 2}),
    )

    assert compiled_before.reused_programs() is None
