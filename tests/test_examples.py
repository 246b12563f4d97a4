"""The worked sessions of `examples/`, held again: statuses and conclusions are as committed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TRANSCRIPT = "output.md"
LIMIT_S = 600
QUICK = ("descent", "enzyme_kinetics", "wrong_gradient")
SLOW = ("attention", "eight_schools", "no_learning")
DECISIVE = re.compile(
    r"^(?:#+ .*|\*\*Asked\*\*.*|\*\*Answered\*\* `\w+`|\*\*Conclusion:.*)", re.MULTILINE
)


def decisive(transcript: str) -> list[str]:
    """What must not change: steps, calls, statuses and conclusions, without measured numbers."""
    return DECISIVE.findall(transcript)


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
def test_a_session_goes_as_its_committed_transcript_says(name: str, tmp_path: Path) -> None:
    committed = (EXAMPLES / name / TRANSCRIPT).read_text(encoding="utf-8")
    command = [sys.executable, "-m", f"examples.{name}.session", str(tmp_path)]
    env = {**os.environ, "JAX_WORKBENCH_STATE_DIR": str(tmp_path / "state")}

    subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=LIMIT_S)  # noqa: S603

    held = (tmp_path / TRANSCRIPT).read_text(encoding="utf-8")
    assert decisive(held) == decisive(committed)
    assert len(decisive(committed)) > len(re.findall("^## ", committed, re.MULTILINE)) * 2


def test_every_session_is_held_by_a_test() -> None:
    sessions = {path.parent.name for path in EXAMPLES.glob("*/session.py")}

    assert sessions == {*QUICK, *SLOW}
