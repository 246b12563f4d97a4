"""From nothing to the first answer: of a clone with its lock, of the wheel with newest packages.

    python benchmarks/first_answer.py [--only clone|wheel|uv]

Each in a fresh folder and with an environment that holds PATH, HOME (the fresh folder) and what pip
is told about its index. The clone is of the last commit. How long packages take to come depends on
the index and the network: the record says what was measured here, once.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jax_workbench.server.envelope import versions

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "first_answer.json"
HANDED_ON = ("PATH", "PIP_", "UV_", "PYENV_", "SSL_")
CALL = ("call", "run_jax_code", "call.json")
SNIPPET = {"code": "import jax.numpy as jnp\nfloat(jnp.arange(5.0).sum())", "timeout_s": 300}
VALUE = 10.0
LIMIT_S = 900


def main() -> None:
    """Measure, print and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("clone", "wheel", "uv"))
    only = parser.parse_args().only
    kept: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    for name, measure in (("clone", of_clone), ("wheel", of_wheel), ("uv", of_uv_tool)):
        if only in {None, name}:
            with tempfile.TemporaryDirectory(prefix="first-answer-") as folder:
                kept[name] = measure(Path(folder))
    kept["versions"], kept["n_cores"] = versions(), len(os.sched_getaffinity(0))
    RESULT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(kept, indent=2))


def of_clone(folder: Path) -> dict[str, Any]:
    """`git clone`, `make setup`, the first call and a second one."""
    clone = folder / "jax-workbench"
    command = clone / ".venv" / "bin" / "jax-workbench"
    return steps(
        folder,
        [
            (f"git clone REPOSITORY {clone.name}", ["git", "clone", "-q", str(ROOT), str(clone)]),
            ("make setup", ["make", "-C", str(clone), "setup"]),
        ],
        command,
    )


def of_wheel(folder: Path) -> dict[str, Any]:
    """Install the wheel into a fresh environment, call."""
    venv = folder / "venv"
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-qq", str(built(folder))]
    return steps(
        folder,
        [
            ("python3.12 -m venv venv", [a_python(), "-m", "venv", str(venv)]),
            ("venv/bin/pip install WHEEL", pip),
        ],
        venv / "bin" / "jax-workbench",
    )


def of_uv_tool(folder: Path) -> dict[str, Any]:
    """Install the wheel as a tool of uv's, with an empty cache, call."""
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("uv is not on PATH: install it with pip or from its own site, and try again.")
    install = [uv, "tool", "install", "-q", "--python", a_python(), str(built(folder))]
    # Where uv puts commands, unless told otherwise.
    return steps(
        folder,
        [("uv tool install WHEEL", install)],
        folder / ".local" / "bin" / "jax-workbench",
    )


def built(folder: Path) -> Path:
    """The wheel of this tree, built into `folder`; not counted."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    (wheel,) = folder.glob("*.whl")
    return wheel


def a_python() -> str:
    """A Python new enough, as the set-up finds it."""
    found = subprocess.run([ROOT / "script" / "find-python"], check=True, capture_output=True)  # noqa: S603
    return found.stdout.decode().strip()


def steps(folder: Path, installing: list[tuple[str, list[str]]], command: Path) -> dict[str, Any]:
    """Run each step and time it. Raises CalledProcessError, RuntimeError on a wrong answer."""
    (folder / "call.json").write_text(json.dumps(SNIPPET), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
    env |= {"HOME": str(folder)}
    call = [str(command), *CALL]
    taken: list[dict[str, Any]] = []
    for name, step in (*installing, ("first answer", call), ("second answer", call)):
        began = time.perf_counter()
        ended = subprocess.run(  # noqa: S603
            step, cwd=folder, env=env, check=True, stdout=subprocess.PIPE, timeout=LIMIT_S
        )
        taken.append({"step": name, "wall_s": round(time.perf_counter() - began, 1)})
        if step is call and json.loads(ended.stdout)["result"]["value"] != VALUE:
            raise RuntimeError(f"the answer was {ended.stdout.decode()}")
    return {
        "steps": taken,
        "to_first_answer_s": round(sum(step["wall_s"] for step in taken[:-1]), 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
