# pyright: reportUnknownLambdaType=false
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.benchmark_fn.equality import expect, tolerance

RNG = np.random.default_rng(0)


def expected(fn: Any, *arguments: Any, contraction: int = 1, rtol: float | None = None) -> Any:
    """What `fn` gives on the arguments, as the baseline's outputs."""

    def call(*xs: Any) -> list[Any]:
        return [fn(*xs)]

    return expect(call, arguments, call(*arguments), contraction, rtol)


def matrix(n: int = 64) -> jax.Array:
    return jnp.asarray(RNG.standard_normal((n, n)), jnp.float32)


def test_another_order_of_summation_is_equal() -> None:
    x = matrix(256)

    found = expected(lambda x: x @ x, x, contraction=256).compare([(x.T @ x.T).T])

    assert found.is_equal


def test_a_bf16_product_is_not_equal_to_a_float32_one() -> None:
    x = matrix(256)
    coarse = (x.astype(jnp.bfloat16) @ x.astype(jnp.bfloat16)).astype(jnp.float32)

    found = expected(lambda x: x @ x, x, contraction=256).compare([coarse])

    assert not found.is_equal
    assert found.largest > 1e-3


def test_an_honest_sum_that_cancels_is_equal() -> None:
    # Sums to 1e-4 of its terms, so rounding alone is 1e-3 of the result.
    x = jnp.asarray(RNG.standard_normal(100_000), jnp.float32)
    x = x - x.mean() + 1e-4
    pieces = jnp.asarray([part.sum() for part in jnp.split(x, 1000)]).sum()

    found = expected(lambda x: x.sum(), x, contraction=100_000).compare([pieces])

    assert found.is_equal


def test_a_nan_is_no_wildcard() -> None:
    x = jnp.asarray([1.0, 2.0, 3.0])
    standard = expected(lambda x: x, x)

    assert not standard.compare([jnp.asarray([1.0, jnp.nan, 3.0])]).is_equal
    assert not standard.compare([jnp.full(3, jnp.nan)]).is_equal


def test_nans_at_the_same_places_are_equal() -> None:
    x = jnp.asarray([1.0, -1.0])

    assert expected(jnp.sqrt, x).compare([jnp.asarray([1.0, jnp.nan])]).is_equal


def test_infinities_must_have_the_same_sign() -> None:
    standard = expected(lambda x: 1 / x, jnp.asarray([0.0, 1.0]))

    assert standard.compare([jnp.asarray([jnp.inf, 1.0])]).is_equal
    assert not standard.compare([jnp.asarray([-jnp.inf, 1.0])]).is_equal


def test_integers_are_compared_exactly() -> None:
    standard = expected(lambda x: x, jnp.arange(5))

    assert standard.compare([jnp.arange(5)]).is_equal
    assert not standard.compare([jnp.arange(5).at[4].add(1)]).is_equal


@pytest.mark.parametrize(
    "other", [jnp.zeros(4), jnp.zeros((3, 1)), jnp.zeros(3, jnp.float16)], ids=str
)
def test_shapes_and_dtypes_must_be_the_same(other: jax.Array) -> None:
    assert not expected(lambda x: x, jnp.zeros(3)).compare([other]).is_equal


def test_random_keys_are_compared_by_their_data() -> None:
    key = jax.random.key(1)
    standard = expected(lambda key: key, key)

    assert standard.compare([jax.random.key(1)]).is_equal
    assert not standard.compare([jax.random.key(2)]).is_equal


def test_a_tolerance_of_the_caller_takes_the_place_of_the_dtypes() -> None:
    x = jnp.asarray([1.0, 2.0])
    off = x * 1.005

    assert expected(lambda x: x, x, rtol=0.01).compare([off]).is_equal
    assert not expected(lambda x: x, x, rtol=0.001).compare([off]).is_equal


def test_the_output_that_differs_most_is_named() -> None:
    x = jnp.ones(3)

    def call(x: Any) -> list[Any]:
        return [x, x, x]

    standard = expect(call, [x], call(x), 1, None)

    assert standard.compare([x, x + 0.1, x + 0.01]).leaf == 1


@pytest.mark.parametrize(
    ("dtype", "contraction", "expected_tolerance"),
    [
        ("float32", 1, 1e-5),
        ("float32", 100, 1e-4),
        ("float32", 10**9, 1e-3),
        ("complex64", 1, 1e-5),
        ("float64", 10**6, 1e-12),
        ("bfloat16", 1, 2e-2),
        ("int32", 100, 0.0),
    ],
)
def test_tolerance_follows_dtype_and_length_of_the_sum(
    dtype: str, contraction: int, expected_tolerance: float
) -> None:
    assert tolerance(jnp.dtype(dtype), contraction) == pytest.approx(expected_tolerance)
