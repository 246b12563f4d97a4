"""What pyproject.toml asks of the command, through the command itself."""

import subprocess
import sys
from pathlib import Path

import pytest

REUSED = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n"


def lint(folder: Path, section: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "pyproject.toml").write_text(f"[tool.jax-workbench.lint]\n{section}\n")
    (folder / "old").mkdir(exist_ok=True)
    (folder / "old" / "a.py").write_text(REUSED)
    command = [sys.executable, "-m", "jax_workbench.server", "lint", *arguments, "."]
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("section", "arguments", "code"),
    [
        ("", [], 1),
        ('ignore = ["JAX3"]', [], 0),
        ('select = ["JAX1"]', [], 0),
        ('select = ["JAX1"]', ["--select", "JAX301"], 1),
        ('exclude = ["old"]', [], 0),
        ('exclude = ["old/*.py"]', [], 0),
        ('exclude = ["older"]', [], 1),
    ],
)
def test_the_project_chooses_and_the_command_line_comes_first(
    tmp_path: Path, section: str, arguments: list[str], code: int
) -> None:
    done = lint(tmp_path, section, *arguments)

    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('colour = "red"', "has no colour"),
        ('ignore = "JAX3"', "ignore is 'JAX3'; expected a list of strings"),
        ('fail-on = "never"', "fail-on is 'never'; expected error, warning, info"),
        ("ignore = [", "cannot be read"),
    ],
)
def test_a_section_that_makes_no_sense_is_named_and_nothing_is_linted(
    tmp_path: Path, section: str, said: str
) -> None:
    done = lint(tmp_path, section)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
