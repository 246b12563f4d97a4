"""The share of the peak: counted by hand, measured on a clock that is fed in."""

from collections.abc import Callable
from itertools import count
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_workbench.tools.train_tiny_model.utilisation import (
    peak_flops_per_s,
    product_flops,
    utilisation_of,
)

A, B = jnp.ones((3, 4)), jnp.ones((4, 5))
IMAGES, KERNEL = jnp.ones((2, 8, 8, 3)), jnp.ones((3, 3, 3, 6))


def convolved(x: Any, kernel: Any) -> Any:
    """A SAME convolution, channels last."""
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def scanned(a: Any, b: Any) -> Any:
    """Seven times the same product."""
    return jax.lax.scan(lambda c, _: (c + (a @ b).sum(), None), 0.0, np.arange(7))


@pytest.mark.parametrize(
    ("function", "arguments", "flops"),
    [
        pytest.param(jnp.matmul, (A, B), 2 * 3 * 4 * 5, id="a product"),
        pytest.param(jax.jit(jnp.matmul), (A, B), 2 * 3 * 4 * 5, id="inside a jit"),
        pytest.param(scanned, (A, B), 7 * 2 * 3 * 4 * 5, id="in a scan"),
        pytest.param(convolved, (IMAGES, KERNEL), 2 * (2 * 8 * 8 * 6) * 27, id="a convolution"),
        pytest.param(jnp.sin, (A,), 0, id="no product"),
    ],
)
def test_products_are_counted_by_their_shapes(
    function: Callable[..., Any], arguments: tuple[Any, ...], flops: float
) -> None:
    assert product_flops(jax.make_jaxpr(function)(*arguments).jaxpr) == flops


def test_a_loop_of_unknown_length_has_no_share_and_says_why() -> None:
    def looped(a: Any) -> Any:
        return jax.lax.while_loop(lambda c: c.sum() < 1e6, lambda c: c @ c, a)

    found = utilisation_of(jax.make_jaxpr(looped)(jnp.ones((3, 3))).jaxpr, 10.0, kind="f32")

    assert found.mfu is None
    assert "unknown length" in found.reason


def test_the_share_is_the_steps_products_over_the_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "jax_workbench.tools.train_tiny_model.utilisation.peak_flops_per_s"

    def peak(_kind: str) -> float:
        return 12_000.0

    monkeypatch.setattr(place, peak)

    found = utilisation_of(jax.make_jaxpr(jnp.matmul)(A, B).jaxpr, 10.0, kind="f32")

    assert found.mfu == 0.1
    assert found.product_flops_per_step == 120


def test_the_peak_is_the_best_block() -> None:
    ticks = count(0.0, 0.25)

    assert peak_flops_per_s("f32", now=lambda: next(ticks)) == 2 * 512**3 / 0.25
