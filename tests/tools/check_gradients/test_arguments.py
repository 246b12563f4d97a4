"""What a call may say, and how its arguments become leaves with names."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from pydantic import ValidationError

from jax_workbench.tools.check_gradients import CheckGradientsAsk
from jax_workbench.tools.check_gradients.leaves import flatten_arguments
from jax_workbench.tools.errors import ToolError
from tests.tools.check_gradients.conftest import Check

SUM = "def fn(x):\n    return jnp.sum(x)"


class Layer(nnx.Module):
    """One linear layer."""

    def __init__(self) -> None:
        """Weights by seed 0."""
        self.lin = nnx.Linear(2, 3, rngs=nnx.Rngs(0))


def test_floats_move_and_everything_else_is_held() -> None:
    arguments = ({"w": jnp.ones(2), "n": 3}, jnp.arange(2), True, jax.random.key(0), 1.5, "text")

    flat = flatten_arguments(arguments, ())

    assert flat.paths == ('args[0]["w"]', "args[4]")
    rebuilt = flat.rebuild([np.zeros(2), 2.5], [])
    assert rebuilt[0]["n"] == 3
    assert rebuilt[4:] == (2.5, "text")


def test_argnums_choose_and_the_other_floats_are_held() -> None:
    flat = flatten_arguments((jnp.ones(2), jnp.ones(3)), (1,))

    assert flat.paths == ("args[1]",)
    assert flat.passed == (0,)


def test_parts_of_nnx_modules_and_states_go_by_attribute() -> None:
    state: Any = nnx.state(Layer())  # pyright: ignore[reportUnknownVariableType]

    flat = flatten_arguments((Layer(), state), ())

    assert flat.paths == (
        *("args[0].lin.bias", "args[0].lin.kernel"),
        *("args[1].lin.bias", "args[1].lin.kernel"),
    )


def test_lists_and_tuples_go_by_position() -> None:
    assert flatten_arguments(([jnp.ones(1), (2.0,)],), ()).paths == ("args[0][0]", "args[0][1][0]")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_budget_s", 0.5),
        ("time_budget_s", 301),
        ("time_budget_s", float("nan")),
        ("argnums", [-1]),
        ("modes", []),
        ("modes", ["backward"]),
        ("order", 3),
        ("inputs", [{"shape": [-1]}]),
        ("inputs", [{"distributon": "normal"}]),
    ],
)
def test_arguments_out_of_bounds_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        CheckGradientsAsk.model_validate({"code": SUM, name: value})

    assert caught.value.errors()[0]["loc"][0] == name


FAULTY: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "no fn": ("x = 1", "(1.0,)", {}, "user_code_failed", "no fn"),
    "fn is a number": ("fn = 1", "(1.0,)", {}, "user_code_failed", "fn is a int"),
    "no make_args": (SUM, "", {}, "user_code_failed", "no make_args"),
    "not a tuple": (SUM, "1.0", {}, "user_code_failed", "tuple"),
    "make_args raises": (SUM, "1 / 0", {}, "user_code_failed", "ZeroDivisionError"),
    "fn raises": ("def fn(x):\n    return x @ 1.0", "(1.0,)", {}, "user_code_failed", "line 8"),
    "syntax": ("def fn(x:", "", {}, "user_code_failed", "line 7"),
    "argnums too high": (SUM, "(1.0,)", {"argnums": [1]}, "bad_argument", "there are 1"),
    "unknown dtype": (SUM, "", {"inputs": [{"dtype": "float33"}]}, "bad_argument", "float33"),
    "spd of a vector": (
        *(SUM, "", {"inputs": [{"shape": [3], "distribution": "spd"}]}, "bad_argument"),
        "square",
    ),
    "empty interval": (
        *(SUM, "", {"inputs": [{"distribution": "uniform", "low": 1}]}, "bad_argument"),
        "high",
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_faulty_call_says_what_is_wrong_and_what_to_do(check: Check, case: str) -> None:
    text, arguments, more, code, words = FAULTY[case]

    with pytest.raises(ToolError) as caught:
        check(text, arguments, **more)

    assert caught.value.code == code
    assert words in str(caught.value)


def test_drawn_inputs_are_those_that_were_asked_for(check: Check) -> None:
    text = (
        "def fn(a, u, k, z):\n"
        "    assert a.shape == (3, 3) and u.shape == () and k.dtype == jnp.int32\n"
        "    assert jnp.iscomplexobj(z)\n"
        "    return jnp.linalg.slogdet(a)[1] * u * k.max() + jnp.sum(jnp.abs(z) ** 2)"
    )
    inputs = [
        {"shape": [3, 3], "distribution": "spd"},
        {"distribution": "uniform", "low": 1, "high": 2},
        {"shape": [4], "dtype": "int32", "distribution": "integers"},
        {"shape": [2], "dtype": "complex64"},
    ]

    answer = check(text, inputs=inputs)

    assert answer.status == "pass"
    assert answer.result is not None
    assert answer.result.cost.n_inputs == 12


def test_make_args_may_take_the_dtype(check: Check) -> None:
    text = f"{SUM}\ndef make_args(dtype):\n    return (jnp.ones(3, {{'float32': dtype}}[dtype]),)"

    assert check(text).status == "pass"
