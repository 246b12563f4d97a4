"""What a sweep may ask for."""

from typing import Any

import pytest

from jax_workbench.tools.benchmark_fn.sizes import at_sizes, sizes_of
from jax_workbench.tools.errors import ToolError
from tests.tools.benchmark_fn.asking import PRODUCT, ask

SWEPT = [{"shape": ["n", 4]}]


def test_sizes_come_in_rising_order() -> None:
    found = sizes_of(ask(PRODUCT, inputs=SWEPT, sweep={"n": [8, 2, 4]}))

    assert found == [{"n": 2}, {"n": 4}, {"n": 8}]


def test_without_a_sweep_there_is_one_size_without_a_name() -> None:
    assert sizes_of(ask(PRODUCT)) == [{}]


def test_names_in_shapes_become_numbers() -> None:
    (spec,) = at_sizes(ask(PRODUCT, inputs=SWEPT, sweep={"n": [8]}).inputs, {"n": 8})

    assert spec.shape == (8, 4)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param({"inputs": SWEPT}, "names n, which sweep does not list", id="not swept"),
        pytest.param({"sweep": {"n": [8]}}, "no shape of inputs names n", id="not used"),
        pytest.param({"inputs": SWEPT, "sweep": {"n": []}}, "expected different ones", id="none"),
        pytest.param({"inputs": SWEPT, "sweep": {"n": [8, 8]}}, "expected different", id="twice"),
        pytest.param({"inputs": SWEPT, "sweep": {"n": [0, 8]}}, "from 1", id="zero"),
        pytest.param(
            {"inputs": SWEPT, "sweep": {"n": list(range(1, 10))}}, "at most 8", id="too many"
        ),
        pytest.param({"make_inputs": "x", "sweep": {"n m": [8]}}, "is no name", id="no name"),
    ],
)
def test_a_sweep_that_cannot_be_run_is_a_bad_argument(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        sizes_of(ask(PRODUCT, **arguments))

    assert caught.value.code == "bad_argument"
