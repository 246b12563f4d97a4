import json
import subprocess
import sys
from pathlib import Path

REUSED = "import jax\nk = jax.random.key(0)\na = jax.random.normal(k)\nb = jax.random.normal(k)\n"
BRANCH = "import jax\n@jax.jit\ndef f(x):\n    if x > 0:\n        return x\n    return -x\n"


def test_a_commit_hook_does_not_wait_for_the_server_to_load(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").write_text(REUSED)
    code = (
        "import atexit, sys\n"
        "sys.argv = ['jax-workbench', 'lint', '--no-cache', 'a.py']\n"
        "loaded = lambda: print('loaded', {'mcp', 'anyio', 'jax', 'numpy'} & set(sys.modules))\n"
        "atexit.register(loaded)\n"
        "from jax_workbench.server.entry import main\n"
        "main()\n"
    )

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert "JAX301" in done.stdout
    assert "loaded set()" in done.stdout


def test_processes_find_the_same_in_the_same_order(tmp_path: Path) -> None:
    for n in range(12):
        (tmp_path / f"{n}.py").write_text((REUSED if n % 2 else BRANCH) + "\n" * n)
    # In processes of their own: this one may have loaded JAX, which can't be forked.
    command = [sys.executable, "-m", "jax_workbench.server", "lint", "--format=json", "--no-cache"]

    alone, together = (
        subprocess.run(  # noqa: S603 - our own command
            [*command, f"--jobs={n_jobs}", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        for n_jobs in (1, 2)
    )

    assert json.loads(alone) == json.loads(together)
    assert len(json.loads(alone)) == 12
