"""The hook definition calls the linter as pre-commit does: the entry, then the files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
REUSED = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n"


@pytest.mark.parametrize(("text", "code"), [("import jax\n", 0), (REUSED, 1)], ids=["good", "bad"])
def test_the_entry_of_the_hook_fails_on_a_bug_alone(tmp_path: Path, text: str, code: int) -> None:
    (entry,) = re.findall(r"^  entry: (.+)$", HOOKS, re.MULTILINE)
    program, *arguments = entry.split()
    (tmp_path / "a.py").write_text(text)

    done = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name(program), *arguments, "a.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stdout + done.stderr
    assert ("JAX301" in done.stdout) == bool(code)
