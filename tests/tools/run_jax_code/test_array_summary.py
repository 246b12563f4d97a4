from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.run_jax_code.array_summary import summarise

BIG = 3 * 2**18 + 5
"""Entries that fill several chunks."""


def facts(array: Any) -> tuple[Any, ...]:
    got = summarise(array)
    return tuple(got[name] for name in ("min", "max", "mean", "nonfinite"))


def test_a_matrix_is_described_by_seven_facts() -> None:
    got = summarise(jnp.arange(6.0).reshape(2, 3))

    assert got == {
        "shape": [2, 3],
        "dtype": "float32",
        "min": 0.0,
        "max": 5.0,
        "mean": 2.5,
        "nonfinite": 0,
        "first": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    }


def test_entries_that_are_not_finite_are_counted_and_left_out_of_the_rest() -> None:
    assert facts(jnp.array([1.0, jnp.nan, 3.0, jnp.inf, -jnp.inf])) == (1.0, 3.0, 2.0, 3)


def test_an_array_without_a_finite_entry_has_no_range() -> None:
    assert facts(jnp.array([jnp.nan, jnp.inf])) == (None, None, None, 2)
    assert facts(jnp.zeros((0, 3))) == (None, None, None, 0)


def test_first_holds_sixteen_entries_in_c_order() -> None:
    got = summarise(np.asfortranarray(np.arange(40).reshape(8, 5)))

    assert got["first"] == list(range(16))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8", "float16"])
def test_many_chunks_agree_with_the_closed_form(dtype: str) -> None:
    array = (np.arange(BIG) % 100).astype(dtype)

    low, high, mean, nonfinite = facts(array)

    assert (low, high, nonfinite) == (0, 99, 0)
    assert mean == pytest.approx(float(np.arange(BIG).__mod__(100).mean()), rel=1e-12)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float8_e4m3fn, jnp.int4, jnp.uint2])
def test_narrow_types_are_plain_numbers(dtype: Any) -> None:
    got = summarise(jnp.array([1, 0, 1, 2]).astype(dtype))

    assert got["dtype"] == jnp.dtype(dtype).name
    assert (got["min"], got["max"], got["mean"], got["first"]) == (0, 2, 1.0, [1, 0, 1, 2])
    assert {type(entry) for entry in got["first"]} <= {int, float}


def test_booleans_stay_booleans() -> None:
    got = summarise(jnp.array([True, False, True, True]))

    assert got["min"] is False
    assert got["max"] is True
    assert got["mean"] == 0.75
    assert got["first"] == [True, False, True, True]


def test_complex_entries_have_no_order_and_are_text() -> None:
    got = summarise(jnp.array([1 + 2j, jnp.nan]))

    assert (got["min"], got["max"], got["mean"], got["nonfinite"]) == (None, None, None, 1)
    assert got["first"][0] == "(1+2j)"


def test_a_mean_of_numbers_whose_sum_overflows_is_finite() -> None:
    assert facts(np.array([1.0e308, 1.0e308, 1.6e308]))[2] == pytest.approx(1.2e308, rel=1e-12)


def test_integers_beyond_a_float_are_exact() -> None:
    assert facts(np.array([2**63 + 1, 2**63], np.uint64))[:2] == (2**63, 2**63 + 1)


def test_a_broadcast_array_costs_what_it_holds() -> None:
    array = np.broadcast_to(np.array([1.0, np.nan, 3.0]), (10**12, 3))

    assert facts(array) == (1.0, 3.0, 2.0, 10**12)


def test_a_view_with_steps_is_not_copied_but_read() -> None:
    assert facts(np.arange(BIG)[::-7]) == facts(np.arange(BIG)[::-7].copy())


class Sly(np.ndarray[Any, np.dtype[Any]]):
    """Gives false results of its own."""

    def min(self, *_arguments: Any, **_more: Any) -> Any:
        """Lie."""
        return -1.0


def test_a_subclass_is_read_as_the_array_it_is() -> None:
    assert facts(np.arange(3.0).view(Sly)) == (0.0, 2.0, 1.0, 0)


@pytest.mark.parametrize(
    ("array", "first"),
    [
        pytest.param(np.array(["a", "bc"]), ["a", "bc"], id="text"),
        pytest.param(np.array(["2020-01-02"], "datetime64[D]"), ["2020-01-02"], id="dates"),
        pytest.param(np.array([object()]), [], id="objects"),
        pytest.param(np.zeros(2, [("a", int)]), [], id="records"),
    ],
)
def test_what_is_no_number_has_shape_and_dtype(array: Any, first: list[str]) -> None:
    got = summarise(array)

    assert got["shape"] == [*array.shape]
    assert (got["min"], got["max"], got["mean"], got["nonfinite"]) == (None, None, None, 0)
    assert got["first"] == first


def test_a_key_shows_nothing_but_its_kind() -> None:
    got = summarise(jax.random.split(jax.random.key(0), 3))

    assert (got["shape"], got["dtype"], got["first"]) == ([3], "key<fry>", [])
