"""The gate's GitHub Action, its last step run as a runner would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.server.test_gate import BENCHMARKS, NEW, OLD, git

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "gate" / "action.yml"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checked-out repository with two commits, of which the second is slower."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "benchmarks.toml").write_text(BENCHMARKS, encoding="utf-8")
    git(folder, "init", "-q")
    for message, code in (("old", OLD), ("new", NEW)):
        (folder / "product.py").write_text(code, encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", message)
    return folder


def run_last_step(checkout: Path, inputs: dict[str, str]) -> tuple[int, str]:
    """Exit code of the step that runs the gate, and what it adds to the job's summary."""
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    given = {name: spec.get("default", "") for name, spec in action["inputs"].items()} | inputs
    temp, summary = checkout.parent / "temp", checkout.parent / "summary.md"
    (temp / "jax-workbench").mkdir(parents=True)
    # What the first step installs.
    (temp / "jax-workbench" / "bin").symlink_to(Path(sys.executable).parent)
    values = {
        name: text.replace("${{ inputs.", "").replace(" }}", "")
        for name, text in step["env"].items()
    }
    env = {
        **os.environ,
        **{name: given[of] for name, of in values.items()},
        "RUNNER_TEMP": str(temp),
        "GITHUB_STEP_SUMMARY": str(summary),
        "XDG_STATE_HOME": str(checkout.parent / "state"),
    }
    script = checkout.parent / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    ended = subprocess.run(  # noqa: S603 - as the runner's shell `bash`
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=checkout,
        env=env,
        check=False,
        capture_output=True,
        timeout=180,
    )
    told = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return ended.returncode, told


@pytest.mark.slow
def test_a_slower_commit_fails_the_job_and_stands_in_its_summary(checkout: Path) -> None:
    code, summary = run_last_step(checkout, {"file": "benchmarks.toml", "against": "HEAD~1"})

    assert code == 1
    assert "| **slower** |" in summary
    assert '<failure message="slower' in (checkout / "gate.xml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_code_passes(checkout: Path) -> None:
    code, summary = run_last_step(checkout, {"file": "benchmarks.toml", "against": "HEAD"})

    assert code == 0
    assert "product" in summary
    assert "**slower**" not in summary


def test_what_an_input_says_is_no_command(checkout: Path) -> None:
    code, summary = run_last_step(
        checkout, {"file": "none.toml; touch run", "against": '$(touch run)"; touch run; "'}
    )

    assert code == 2
    assert not summary
    assert not (checkout / "run").exists()
