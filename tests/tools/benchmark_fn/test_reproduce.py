"""The script that repeats a call runs with JAX and NumPy alone, and finds what the tool found."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.reproduce import script_of, text_literal
from tests.tools.benchmark_fn.asking import HEAD, PRODUCT, TWICE, ask

LOSS = HEAD + "def fn(p, n):\n    return (p['w'] ** 2).sum() * n[0]\n"
MAKE_INPUTS = """
import numpy as np
def make_inputs(seed, n=4):
    rng = np.random.default_rng(seed)
    return {"w": rng.normal(size=(n, n)).astype("float32")}, np.array([3])
"""
SPD = [{"shape": ["n", "n"], "distribution": "spd"}]


def output_of(folder: Path, asked: Any, sizes: dict[str, int]) -> str:
    script = folder / "reproduce.py"
    script.write_bytes(script_of(asked, "a", sizes).content)
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": ""}
    done = subprocess.run(  # noqa: S603
        [sys.executable, script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("mode", ["artifact", "as_called"])
def test_the_script_finds_the_slower_variant(tmp_path: Path, mode: str) -> None:
    asked = ask(PRODUCT, TWICE, inputs=SPD, sweep={"n": [96]}, mode=mode)

    said = output_of(tmp_path, asked, {"n": 96})

    # On a busy host half a second may not decide it; the ratio shows all the same.
    found = re.search(
        r"^b: median .* us a call; time ratio (\S+) \[.*\]: slower$", said, re.MULTILINE
    )
    assert found, said
    assert float(found[1]) > 1.5
    assert said.startswith("a: median ")


def test_the_script_takes_gradients_of_made_inputs(tmp_path: Path) -> None:
    asked = ask(LOSS, make_inputs=MAKE_INPUTS, sweep={"n": [8]}, backward=True, x64=True)

    said = output_of(tmp_path, asked, {"n": 8})

    assert re.fullmatch(r"a: median \S+ us a call\n", said)


def test_the_script_draws_every_distribution_and_dtype(tmp_path: Path) -> None:
    code = HEAD + "def fn(*xs):\n    return [jnp.asarray(x.shape[0]) for x in xs[:-1]]\n"
    laws = ["normal", "uniform", "zeros", "ones", "arange", "spd"]
    inputs: list[dict[str, Any]] = [{"shape": [4, 4], "distribution": law} for law in laws]
    inputs += [
        {"shape": [4], "dtype": "int8", "distribution": "integers", "low": -3, "high": 3},
        {"shape": [4], "dtype": "bfloat16"},
        {"shape": [4], "dtype": "complex64"},
        {"shape": [], "dtype": "key"},
    ]

    said = output_of(tmp_path, ask(code, inputs=inputs), {})

    assert said.startswith("a: median ")


@pytest.mark.parametrize(
    "code",
    [
        "def fn(x):\n    return x\n",
        "x = '''a'''\n",
        "s = r'\\d'\n",
        "t = '\\'",
        "é = 1\n",
        "a\r\nb",
    ],
)
def test_code_survives_being_written_into_the_script(code: str) -> None:
    assert ast.literal_eval(text_literal(code)) == code
