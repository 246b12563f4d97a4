"""What holds for root's jobs holds for an ordinary user's, in the same jail without a stage."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AS_USER = ROOT / "script" / "as-user"
pytestmark = [pytest.mark.root, pytest.mark.attack]


def pytest_as_user(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [AS_USER, ROOT / ".venv" / "bin" / "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_user_has_no_right_of_roots_and_a_home_of_its_own() -> None:
    shows = "id -u; id -G; grep CapEff /proc/self/status; ls $HOME; touch $HOME/x && rm $HOME/x"

    run = subprocess.run(  # noqa: S603
        [AS_USER, "/bin/sh", "-c", shows], capture_output=True, text=True, check=True
    )

    assert run.stdout.split() == ["12345", "12345", "CapEff:", "0000000000000000"]


def test_a_quick_sample_of_attacks_fails_for_a_user_too() -> None:
    run = pytest_as_user("tests/attacks/test_attacks.py", "-k", "quick_sample")

    assert run.returncode == 0, run.stdout[-8000:]
    assert "1 passed" in run.stdout


@pytest.mark.slow
def test_every_attack_fails_for_a_user_too() -> None:
    run = pytest_as_user("tests/attacks/test_attacks.py", "tests/sandbox")

    assert run.returncode == 0, run.stdout[-8000:]
