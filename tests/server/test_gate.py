"""`jax-workbench gate`: what it reads, what it compares, and how it ends for real."""

import subprocess
import sys
from pathlib import Path

import pytest

from jax_workbench.server.gate import GateOptions, plan_call, run_gate
from jax_workbench.server.gate_file import (
    Benchmark,
    GateFileError,
    code_at,
    defines,
    read_benchmarks,
)
from jax_workbench.server.settings import Settings

ROOT = Path(__file__).parents[2]
OLD = "def fn(x):\n    return x @ x[0]\n"
NEW = "def fn(x):\n    return (x @ x @ x)[0]\n"
BENCHMARKS = """
[[benchmark]]
name = "product"
file = "product.py"
inputs = [{ shape = [200, 200] }]
check_outputs = false
time_budget_s = 2
"""


def git(folder: Path, *words: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository whose function has been changed since its last commit."""
    (tmp_path / "product.py").write_text(OLD, encoding="utf-8")
    (tmp_path / "benchmarks.toml").write_text(BENCHMARKS, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "old")
    (tmp_path / "product.py").write_text(NEW, encoding="utf-8")
    return tmp_path


def only(project: Path) -> Benchmark:
    (benchmark,) = read_benchmarks(project / "benchmarks.toml")
    return benchmark


def test_a_revision_brings_the_old_code_as_baseline(project: Path) -> None:
    options = GateOptions(project / "benchmarks.toml", against="HEAD")

    variants = plan_call(only(project), options).arguments["variants"]

    assert [variant["code"] for variant in variants] == [OLD, NEW]
    assert variants[0]["name"] == "product at HEAD"


def test_a_file_that_the_revision_lacks_is_measured_alone(project: Path) -> None:
    (project / "product.py").rename(project / "other.py")
    text = BENCHMARKS.replace("product.py", "other.py")
    (project / "benchmarks.toml").write_text(text, encoding="utf-8")
    options = GateOptions(project / "benchmarks.toml", against="HEAD")

    planned = plan_call(only(project), options)

    assert len(planned.arguments["variants"]) == 1
    assert planned.why_alone == "HEAD has no other.py."


def test_a_function_that_the_revision_lacks_is_measured_alone(project: Path) -> None:
    (project / "product.py").write_text("def newer(x):\n    return x\n", encoding="utf-8")
    with (project / "benchmarks.toml").open("a", encoding="utf-8") as file:
        file.write('fn = "newer"\n')
    options = GateOptions(project / "benchmarks.toml", against="HEAD")

    planned = plan_call(only(project), options)

    assert len(planned.arguments["variants"]) == 1
    assert planned.why_alone == "product.py at HEAD defines nothing called newer."


@pytest.mark.parametrize(
    "code",
    [
        "def fn(x): ...",
        "fn = abs",
        "from operator import neg as fn",
        "if 1:\n    class fn: ...",
        "from operator import *",
        "def fn(",
    ],
)
def test_a_function_counts_as_there_however_it_got_its_name(code: str) -> None:
    assert defines(code, "fn")


@pytest.mark.parametrize("code", ["", "def other(fn): return fn", "fn(1)", "# def fn"])
def test_a_name_that_is_only_used_is_not_there(code: str) -> None:
    assert not defines(code, "fn")


@pytest.mark.anyio
async def test_a_missing_kept_program_is_an_error_that_names_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "kept").mkdir()
    junit = project / "j.xml"
    options = GateOptions(project / "benchmarks.toml", programs=project / "kept", junit=junit)

    code = await run_gate(options, Settings(state_dir=project / "state"))

    assert code == 2
    said = capsys.readouterr().err
    assert str(project / "kept" / "product.bin") in said
    assert f"--keep {project / 'kept'}" in said
    assert '<error message="no_program"' in junit.read_text(encoding="utf-8")


@pytest.mark.anyio
async def test_a_folder_of_programs_that_is_not_there_is_named_before_anything_runs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = GateOptions(project / "benchmarks.toml", programs=project / "kept")

    code = await run_gate(options, Settings(state_dir=project / "state"))

    assert code == 2
    assert f"--keep {project / 'kept'}" in capsys.readouterr().err
    assert not (project / "state").exists()


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD:product.py", ""])
def test_what_is_no_revision_is_refused(project: Path, revision: str) -> None:
    with pytest.raises(GateFileError, match="revision"):
        code_at(revision, project / "product.py")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no .*benchmark.* table"),
        ("[[benchmark", "TOML|Expected|expected"),
        ('[[benchmark]]\nname = "../x"\ncode = "1"', "expected 1 to 50"),
        ('[[benchmark]]\nname = "x"', "one of file and code"),
        ('[[benchmark]]\nname = "x"\nfile = "nothing.py"', "nothing.py"),
        (2 * '[[benchmark]]\nname = "x"\ncode = "1"\n', "two benchmarks"),
        ('[[benchmark]]\nname = "x"\nvariants = 3', "no list of tables"),
    ],
)
def test_a_faulty_file_is_refused_with_what_was_expected(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "benchmarks.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(GateFileError, match=said):
        read_benchmarks(path)


def test_the_example_is_what_its_page_shows() -> None:
    path = ROOT / "examples" / "gate" / "benchmarks.toml"

    (benchmark,) = read_benchmarks(path)

    assert benchmark.variants[0]["fn"] == "distances"
    shown = path.read_text(encoding="utf-8").partition("[[")[2]
    assert shown in (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def test_no_script_of_the_action_holds_an_input() -> None:
    """An input in a script would be run; as a variable it is text."""
    action = (ROOT / ".github/actions/gate/action.yml").read_text(encoding="utf-8")

    with_input = [line.strip() for line in action.splitlines() if "${{" in line]

    assert [line.partition(":")[0] for line in with_input] == ["FILE", "AGAINST", "JUNIT"]


def gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    state = f"--state-dir={folder / 'state'}"
    command = [sys.executable, "-m", "jax_workbench.server", "gate", "benchmarks.toml", state]
    return subprocess.run(  # noqa: S603
        [*command, *words], cwd=folder, check=False, capture_output=True, text=True, timeout=120
    )


def test_an_unknown_argument_is_named_before_anything_runs(project: Path) -> None:
    with (project / "benchmarks.toml").open("a", encoding="utf-8") as file:
        file.write("budget_s = 3\n")

    ended = gate(project)

    assert ended.returncode == 2
    assert "product: budget_s" in ended.stderr


def test_programs_and_a_revision_together_are_refused(project: Path) -> None:
    ended = gate(project, "--against=HEAD", "--programs=kept")

    assert ended.returncode == 2
    assert "not allowed with argument --against" in ended.stderr


def test_a_real_slowdown_fails_and_is_reported(project: Path) -> None:
    ended = gate(project, "--against=HEAD", "--junit=out/j.xml", "--summary=out/s.md")

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert '<failure message="slower' in (project / "out/j.xml").read_text(encoding="utf-8")
    assert "| **slower** |" in (project / "out/s.md").read_text(encoding="utf-8")
