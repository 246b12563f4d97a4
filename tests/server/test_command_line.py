"""`jax-workbench call`, and the options of every command."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.sandbox.policy import Blob, JobSpec
from jax_workbench.server import __main__ as command_line
from jax_workbench.server.settings import Settings
from tests.server.conftest import ECHO, TOOLS, FakePool, echo


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePool:
    """Put a fake pool and the sample tool in the place of the real ones."""
    pool = FakePool(saved=(Blob("plot.png", "image/png", b"pixels"),))

    def fake_pool(_settings: Settings, _base: object) -> FakePool:
        return pool

    monkeypatch.setattr("jax_workbench.server.call_once.local_pool", fake_pool)
    monkeypatch.setattr("jax_workbench.server.call_once.ALL_TOOLS", TOOLS)
    monkeypatch.setenv("JAX_WORKBENCH_STATE_DIR", str(tmp_path / "state"))
    return pool


def run(*argv: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        command_line.main(argv)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def arguments(tmp_path: Path) -> str:
    path = tmp_path / "arguments.json"
    path.write_text('{"code": "1"}', encoding="utf-8")
    return str(path)


def test_a_good_answer_is_json_on_stdout_and_exit_code_zero(
    pool: FakePool, arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("call", "echo_code", arguments)

    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer["result"]["said"] == "hello"
    assert not pool.is_entered


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--version")

    assert code == 0
    assert capsys.readouterr().out == f"jax-workbench {version('jax-workbench')}\n"


def test_arguments_may_come_on_stdin(
    pool: FakePool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"code": "from stdin"}'))

    code = run("call", "echo_code", "-")

    assert code == 0
    assert json.loads(capsys.readouterr().out)["status"] == "ok"
    assert pool.specs[0].argument["argument"]["ask"]["code"] == "from stdin"


def test_arguments_may_be_the_word_itself(pool: FakePool) -> None:
    code = run("call", "echo_code", ' {"code": "in the word"}')

    assert code == 0
    assert pool.specs[0].argument["argument"]["ask"]["code"] == "in the word"


@pytest.mark.usefixtures("pool")
def test_the_files_of_the_run_are_written_where_asked(arguments: str, tmp_path: Path) -> None:
    code = run("call", "echo_code", arguments, "--out", str(tmp_path / "out"))

    assert code == 0
    assert (tmp_path / "out" / "plot.png").read_bytes() == b"pixels"


def test_a_bad_status_is_exit_code_one(
    pool: FakePool, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def warn(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        return echo(status="warn")

    pool.behave = warn
    tool = replace(ECHO, bad_statuses=frozenset({"warn"}))
    monkeypatch.setattr("jax_workbench.server.call_once.ALL_TOOLS", (tool,))

    assert run("call", "echo_code", arguments) == 1


def test_an_error_is_on_stderr_and_exit_code_two(
    pool: FakePool, arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(_spec: JobSpec, _on_progress: Callable[[str], None]) -> Mapping[str, Any]:
        return {"error": {"code": "unsupported", "cause": "No.", "next_step": "Do else."}}

    pool.behave = fail
    code = run("call", "echo_code", arguments)

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.endswith("unsupported: No. Do else.\n")


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["call", "no_such_tool"], "bad_argument: No tool is called 'no_such_tool'. There are: "),
        (["call", "get_job"], "bad_argument: No tool is called 'get_job'."),
        (["call", "echo_code"], "bad_argument: code: required, but missing."),
        (["call", "echo_code", "/nowhere.json"], "bad_argument: /nowhere.json: "),
        (["serve", "--memory-mib", "little"], "JAX_WORKBENCH_MEMORY_MIB='little' cannot be used"),
        (["--sandbox", "strong", "serve"], "it must be one of auto, full, landlock, none"),
    ],
)
def test_what_cannot_be_done_names_its_cause_and_exits_with_two(
    argv: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(*argv)

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert complaint in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("pool")
def test_arguments_that_are_no_object_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("[1]", "{", ""):
        (tmp_path / "bad.json").write_text(text, encoding="utf-8")

        assert run("call", "echo_code", str(tmp_path / "bad.json")) == 2
        assert "Pass one JSON object." in capsys.readouterr().err
