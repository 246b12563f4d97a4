import inspect
import pickle
import sys

import pytest

from jax_workbench.tools.common.user_code import load_module
from jax_workbench.tools.errors import ToolError


def failure(code: str) -> ToolError:
    """The error that `code` ends in."""
    with pytest.raises(ToolError) as raised:
        load_module(code, "code")
    return raised.value


def test_a_module_has_what_its_code_defines() -> None:
    module = load_module("def double(x):\n    return 2 * x\n", "variant a")

    assert module.double(4) == 8
    assert module.__name__ == "<variant a>"


def test_a_module_named_like_a_library_does_not_take_its_place() -> None:
    load_module("x = 1", "json")

    assert not hasattr(sys.modules["json"], "x")


def test_what_a_module_defines_can_be_pickled_and_inspected() -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\n"
    module = load_module(code, "code")

    copy = pickle.loads(pickle.dumps(module.A(3)))  # noqa: S301 - our own

    assert copy == module.A(3)
    assert inspect.getsource(module.A) == "@dataclass\nclass A:\n    x: 'int'\n"


def test_lines_are_counted_as_the_parser_counts_them() -> None:
    """A form feed and a Unicode line separator end no line of code."""
    error = failure("a = '\u2028'\n\x0cb = 1\n1 / 0\n")

    assert error.cause == "ZeroDivisionError: division by zero\n  line 3\n    1 / 0"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("x = = 1", "SyntaxError: invalid syntax (line 1)\n    x = = 1\n        ^"),
        pytest.param("if x:\ny", "IndentationError: expected an indented block", id="indent"),
        pytest.param("return 3", "SyntaxError: 'return' outside function (line 1)", id="return"),
        pytest.param("x = '\0'", "SyntaxError: source code string cannot contain null bytes"),
        pytest.param("(" * 1000, "SyntaxError: too many nested parentheses", id="parentheses"),
        pytest.param("-" * 100_000 + "1", "the code is nested too deeply", id="operators"),
        pytest.param("'\ud800'", "UnicodeEncodeError", id="surrogate"),
    ],
)
def test_code_that_does_not_parse_fails_with_the_place(code: str, says: str) -> None:
    error = failure(code)

    assert error.code == "user_code_failed"
    assert says in error.cause
    assert "raised in" not in error.cause


@pytest.mark.parametrize("raising", ["raise SystemExit(0)", "raise KeyboardInterrupt", "1 / 0"])
def test_whatever_a_module_raises_is_a_failure_of_the_user_code(raising: str) -> None:
    error = failure(f"x = 1\n{raising}\n")

    assert error.code == "user_code_failed"
    assert error.next_step == "Mend line 2 and call again."


@pytest.mark.parametrize(
    "raising",
    [
        "raise MemoryError",
        "import numpy as np\nnp.ones((10**6, 10**7))",
        "import jax.numpy as jnp\njnp.ones((10**6, 10**7))",
    ],
)
def test_an_allocation_that_fails_is_out_of_memory(raising: str) -> None:
    error = failure(raising)

    assert error.code == "out_of_memory"
    assert "line" in error.cause


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("import jaxopt", "Use optimistix (least squares, root finding, minimisation) or"),
        ("import haiku as hk", "Use flax.nnx instead of haiku"),
        ("import tensorflow_probability.substrates.jax as tfp", "Use numpyro,"),
        ("from torch import nn", "Use jax.numpy with flax.nnx and optax instead of torch"),
        ("import no_such_library", "Nothing can be installed here; present are jax, flax (nnx)"),
        ("await x", "Put it into `async def main(): ...`"),
        ("async with x: pass", "Put it into `async def main(): ...`"),
        ("%timeit f(x)", "Notebook commands are not Python"),
        ("!pip install x", "Notebook commands are not Python"),
        ("open('no_such_file')", "Files given in `files` are under inputs/"),
        ("import os\nraise PermissionError(1, 'no')", "The sandbox forbids it"),
        ("import socket\nraise socket.gaierror(-3, 'no')", "Jobs have no network"),
        ("raise ConnectionRefusedError", "Jobs have no network"),
    ],
)
def test_the_next_step_names_what_helps(code: str, next_step: str) -> None:
    error = failure(code)

    assert error.code == "user_code_failed"
    assert error.next_step.startswith(next_step)
