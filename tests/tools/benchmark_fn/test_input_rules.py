from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn import InputSpec
from jax_workbench.tools.benchmark_fn.input_rules import draws_of
from jax_workbench.tools.errors import ToolError


def spec(**fields: Any) -> InputSpec:
    return InputSpec.model_validate({"shape": [4, 4], **fields})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"dtype": "float33"}, "float33 is none of float16", id="unknown dtype"),
        pytest.param({"shape": [-1]}, "negative", id="negative size"),
        pytest.param({"dtype": "float64"}, "float64 needs x64", id="wide dtype"),
        pytest.param(
            {"dtype": "int32", "distribution": "normal"}, "use integers", id="normal integers"
        ),
        pytest.param({"shape": [3, 4], "distribution": "spd"}, "square", id="spd of no square"),
        pytest.param({"low": 0}, "not to normal", id="low of a normal"),
        pytest.param(
            {"distribution": "uniform", "low": 2, "high": 1}, "2 is not below high 1", id="no width"
        ),
        pytest.param({"dtype": "int8", "high": 300}, "does not fit int8", id="beyond the dtype"),
        pytest.param({"shape": [10_000, 10_000]}, "more than 128 MiB", id="too big"),
    ],
)
def test_what_is_wrong_with_a_spec_is_said(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        draws_of([spec(**fields)], x64=False)

    assert caught.value.code == "bad_argument"


def test_all_faults_are_said_at_once_with_the_number_of_the_input() -> None:
    with pytest.raises(ToolError) as caught:
        draws_of([spec(low=0), spec(), spec(dtype="int64")], x64=False)

    assert "inputs[0]: low and high" in caught.value.cause
    assert "inputs[2]: int64 needs x64" in caught.value.cause


def test_integers_are_drawn_as_integers_unless_a_law_is_named() -> None:
    draws = draws_of([spec(dtype="int32"), spec(dtype="bool"), spec(dtype="uint8")], x64=False)

    assert [draw.distribution for draw in draws] == ["integers"] * 3
    assert [draw.high for draw in draws] == [100, 2, 100]


def test_a_key_needs_nothing_but_its_shape() -> None:
    (draw,) = draws_of([InputSpec(dtype="key")], x64=False)

    assert (draw.shape, draw.dtype) == ((), "key")
